// The yard's instances in a table, kept up to date by what the daemon tells over a WebSocket; and a
// message to one of them. Whatever comes from outside becomes text, never markup.
'use strict';

const byId = (id) => document.getElementById(id);
const key = takeKey();
const stateSigns = {
  waiting: 'W', unknown: '?', running: 'R', idle: 'I', starting: 'S', stopping: 'X',
};
const columns = ['state', 'instance_id', 'role', 'repo', 'branch', 'age', 'task'];
const labels = {role: 'Role', repo: 'Repository', branch: 'Branch', age: 'Age'};
const yard = {
  socket: null, nextId: 1, waiting: new Map(), instances: [], listing: false, stale: false,
  delay: 500,
};

// The key came behind the '#'. The page keeps it for its own tab, and out of the address.
function takeKey() {
  if (location.hash.length > 1) {
    sessionStorage.setItem('key', location.hash.slice(1));
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem('key') || '';
}

function ask(command, args) {
  return new Promise((resolve, reject) => {
    if (!yard.socket || yard.socket.readyState !== WebSocket.OPEN) {
      reject(new Error('the daemon is away'));
      return;
    }
    const id = yard.nextId++;
    yard.waiting.set(id, {resolve, reject});
    yard.socket.send(JSON.stringify({id, command, args: args || {}}));
  });
}

function onFrame(frame) {
  if (frame.event) {
    listSoon();
    return;
  }
  const asked = yard.waiting.get(frame.id);
  if (!asked) return;
  yard.waiting.delete(frame.id);
  if (frame.success) asked.resolve(frame.data);
  else asked.reject(new Error(frame.error));
}

async function onOpen() {
  say('connected', false);
  yard.delay = 500;
  try {
    await ask('subscribe', {events: ['instance', 'gone']});
    listSoon();
  } catch (error) {
    say(error.message, true);
  }
}

function onClose() {
  for (const asked of yard.waiting.values()) asked.reject(new Error('the daemon is away'));
  yard.waiting.clear();
  yard.listing = yard.stale = false;
  say('The daemon is away, or this page is too old. It is looked for; a new page: yardmaster ui',
      true);
  setTimeout(connect, yard.delay);
  yard.delay = Math.min(2 * yard.delay, 10000);
}

function connect() {
  if (!key) {
    say('This tab has no key: open the page by a new link, from yardmaster ui', true);
    return;
  }
  const socket = new WebSocket('ws://' + location.host + '/ui/ws', ['yardmaster', 'key.' + key]);
  yard.socket = socket;
  socket.onopen = onOpen;
  socket.onmessage = (message) => onFrame(JSON.parse(message.data));
  socket.onclose = onClose;
}

function say(text, isAway) {
  byId('connection').textContent = text;
  byId('connection').className = isAway ? 'away' : '';
}

// Many changes at once are one list.
function listSoon() {
  if (yard.listing) {
    yard.stale = true;
    return;
  }
  yard.listing = true;
  setTimeout(list, 50);
}

async function list() {
  try {
    const all = [];
    for (let after; ;) {
      const page = await ask('list_instances', after === undefined ? {} : {after});
      all.push(...page.instances);
      if (!page.more) break;
      after = page.next_after;
    }
    yard.instances = all;
    draw();
  } catch (error) {
    if (yard.socket.readyState === WebSocket.OPEN) say(error.message, true);
  }
  yard.listing = false;
  if (yard.stale) {
    yard.stale = false;
    listSoon();
  }
}

function ageOf(instance) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(instance.created_at)) / 1000));
  if (seconds < 60) return seconds + ' s';
  if (seconds < 3600) return Math.floor(seconds / 60) + ' min';
  if (seconds < 172800) return Math.floor(seconds / 3600) + ' h';
  return Math.floor(seconds / 86400) + ' d';
}

function stateCell(state) {
  const known = Object.hasOwn(stateSigns, state) ? state : 'unknown';
  const cell = document.createElement('td');
  cell.className = 'state state-' + known;
  const letter = document.createElement('span');
  letter.className = 'letter';
  letter.setAttribute('aria-hidden', 'true');
  letter.textContent = stateSigns[known];
  cell.append(letter, state);
  return cell;
}

function nameCell(name) {
  const cell = document.createElement('td');
  cell.className = 'name';
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'name';
  button.textContent = name;
  button.setAttribute('aria-label', 'Write to ' + name);
  button.addEventListener('click', () => {
    byId('to').value = name;
    byId('body').focus();
  });
  cell.append(button);
  return cell;
}

function cellOf(instance, column) {
  if (column === 'state') return stateCell(String(instance.state));
  if (column === 'instance_id') return nameCell(String(instance.instance_id));
  const cell = document.createElement('td');
  cell.className = column;
  if (labels[column]) cell.dataset.label = labels[column];
  cell.textContent = column === 'age' ? ageOf(instance) : String(instance[column] || '');
  return cell;
}

function rowOf(instance) {
  const row = document.createElement('tr');
  row.dataset.name = instance.instance_id;
  row.append(...columns.map((column) => cellOf(instance, column)));
  // In a narrow window rows are laid out as cards, and some readers take them for no table then.
  row.setAttribute('role', 'row');
  for (const cell of row.cells) cell.setAttribute('role', 'cell');
  return row;
}

function draw() {
  const order = new Intl.Collator('en', {numeric: true});
  const wanted = byId('filter').value.trim().toLowerCase();
  const shown = yard.instances
      .filter((each) => ['instance_id', 'state', 'role', 'repo', 'branch', 'task']
          .some((field) => String(each[field] || '').toLowerCase().includes(wanted)))
      .sort((one, other) => order.compare(one.instance_id, other.instance_id));
  const held = document.activeElement && document.activeElement.closest('tr');
  byId('instances').replaceChildren(...shown.map(rowOf));
  if (held) focusRow(held.dataset.name);
  byId('empty').hidden = yard.instances.length > 0;
  byId('names').replaceChildren(...yard.instances.map((each) => {
    const option = document.createElement('option');
    option.value = each.instance_id;
    return option;
  }));
  summarise();
}

// What is drawn anew keeps the keyboard where it was.
function focusRow(name) {
  for (const row of byId('instances').rows) {
    if (row.dataset.name === name) row.querySelector('button').focus();
  }
}

function summarise() {
  const counts = new Map();
  for (const each of yard.instances) counts.set(each.state, (counts.get(each.state) || 0) + 1);
  const parts = Object.keys(stateSigns).filter((state) => counts.has(state))
      .map((state) => counts.get(state) + ' ' + state);
  const total = yard.instances.length;
  const text = total + (total === 1 ? ' instance' : ' instances') +
      (parts.length ? ': ' + parts.join(', ') : '');
  if (byId('summary').textContent !== text) byId('summary').textContent = text;
}

async function send(event) {
  event.preventDefault();
  const said = byId('sent');
  said.className = '';
  try {
    const to = byId('to').value;
    const reply = await ask('send_message', {to, body: byId('body').value});
    byId('body').value = '';
    said.textContent = 'Message ' + reply.id + ' is in the inbox of ' + to + '.';
  } catch (error) {
    said.className = 'refused';
    said.textContent = 'Not sent: ' + error.message;
  }
}

byId('send').addEventListener('submit', send);
byId('filter').addEventListener('input', draw);
// Ages alone change by themselves.
setInterval(() => {
  for (const cell of document.querySelectorAll('td.age')) {
    const name = cell.parentElement.dataset.name;
    const instance = yard.instances.find((each) => each.instance_id === name);
    if (instance) cell.textContent = ageOf(instance);
  }
}, 1000);
connect();
