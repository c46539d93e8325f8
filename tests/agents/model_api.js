// A stand-in for the model behind an agent: it answers the protocols of Anthropic (Messages), OpenAI
// (Responses) and Google (generateContent), whole or streamed, on a loopback port that it prints.
//
//   node model_api.js RULES LOG
//
// RULES is a JSON list, looked through from the top for each request that a conversation with tools
// makes: {"agent": NAME, "when": "regular expression", "times": 1, and one of
//   "run": "a shell's command" in which $1 is what `when` found, "say": "a text", "status": 429 (an error),
//   "use": a tool of `yardmaster mcp` (Codex alone), "with": its arguments}
// The agent is who the prompt says that it is; `when` is held against what is new since the model
// spoke last. A rule is used up after so many times. What no rule is for is answered with "Done.".
// Each request is a line of LOG: {"agent", "api", "new", "answer", "time"}.
'use strict';
const fs = require('fs');
const http = require('http');

const [rulesFile, logFile] = process.argv.slice(2);
const rules = JSON.parse(fs.readFileSync(rulesFile, 'utf8'));
let calls = 0;

const texts = (value) => {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(texts);
  return value && typeof value === 'object' ? Object.values(value).flatMap(texts) : [];
};

// What stands behind the last turn of the model.
function newest(turns, isModel) {
  const last = turns.findLastIndex(isModel);
  return texts(turns.slice(last + 1)).join('\n');
}

function decide(api, body, isConversation) {
  const all = texts(body).join('\n');
  const agent = (/Your name: `([a-z0-9-]+)`/.exec(all) || /prompts\/([a-z0-9-]+)\.md/.exec(all) || [])[1];
  const fresh = api.newest(body);
  const fits = (rule) => (rule.times ?? 1) > 0 && rule.agent === agent && new RegExp(rule.when, 's').test(fresh);
  const rule = isConversation ? rules.find(fits) : undefined;
  if (rule) rule.times = (rule.times ?? 1) - 1;
  const groups = rule ? new RegExp(rule.when, 's').exec(fresh) : [];
  const run = rule?.run?.replace(/\$(\d)/g, (_, number) => groups[number]);
  const answer = rule ? {...rule, run} : {say: 'Done.'};
  const line = {agent, api: api.name, new: fresh, answer, tools: isConversation, time: Date.now()};
  fs.appendFileSync(logFile, JSON.stringify(line) + '\n');
  return answer;
}

const toolFor = (tools, names) => names.find((name) => tools.includes(name));

const anthropic = {
  name: 'anthropic',
  matches: (url) => url.includes('/messages') && !url.includes('count_tokens'),
  isConversation: (body) => (body.tools || []).length > 0,
  newest: (body) => newest(body.messages || [], (turn) => turn.role === 'assistant'),
  error: () => ({type: 'error', error: {type: 'rate_limit_error', message: 'This is a limit.'}}),
  answer(body, answer) {
    const tool = toolFor((body.tools || []).map((each) => each.name), ['Bash', 'bash']);
    const block = answer.run
      ? {type: 'tool_use', id: `toolu_${++calls}`, name: tool, input: {command: answer.run, description: 'a step'}}
      : {type: 'text', text: answer.say};
    const message = {id: `msg_${++calls}`, type: 'message', role: 'assistant', model: body.model,
      stop_sequence: null, usage: {input_tokens: 10, output_tokens: 5}};
    const stop = answer.run ? 'tool_use' : 'end_turn';
    if (!body.stream) return {...message, content: [block], stop_reason: stop};
    const empty = answer.run ? {...block, input: {}} : {...block, text: ''};
    const delta = answer.run
      ? {type: 'input_json_delta', partial_json: JSON.stringify(block.input)}
      : {type: 'text_delta', text: block.text};
    return [
      {type: 'message_start', message: {...message, content: [], stop_reason: null}},
      {type: 'content_block_start', index: 0, content_block: empty},
      {type: 'content_block_delta', index: 0, delta},
      {type: 'content_block_stop', index: 0},
      {type: 'message_delta', delta: {stop_reason: stop, stop_sequence: null}, usage: {output_tokens: 5}},
      {type: 'message_stop'}];
  },
};

const openai = {
  name: 'openai',
  matches: (url) => url.includes('/responses'),
  isConversation: (body) => (body.tools || []).length > 0,
  newest: (body) => newest(Array.isArray(body.input) ? body.input : [body.input],
    (item) => item.role === 'assistant' || item.type === 'function_call' || item.type === 'custom_tool_call'),
  error: () => ({error: {type: 'rate_limit_exceeded', code: 'rate_limit_exceeded', message: 'This is a limit.'}}),
  answer(body, answer) {
    const tool = toolFor((body.tools || []).map((each) => each.name), ['exec_command', 'shell_command', 'shell']);
    const given = tool === 'exec_command' ? {cmd: answer.run}
      : {command: tool === 'shell' ? ['sh', '-c', answer.run] : answer.run};
    const call = answer.use
      ? {namespace: 'mcp__yardmaster', name: answer.use, arguments: JSON.stringify(answer.with)}
      : {name: tool, arguments: JSON.stringify(given)};
    const item = answer.run || answer.use
      ? {type: 'function_call', id: `fc_${++calls}`, call_id: `call_${calls}`, ...call, status: 'completed'}
      : {type: 'message', id: `msg_${++calls}`, role: 'assistant', status: 'completed',
        content: [{type: 'output_text', text: answer.say, annotations: []}]};
    const usage = {input_tokens: 10, input_tokens_details: {cached_tokens: 0}, output_tokens: 5,
      output_tokens_details: {reasoning_tokens: 0}, total_tokens: 15};
    const response = {id: `resp_${++calls}`, object: 'response', status: 'completed', model: body.model,
      output: [item], usage};
    if (!body.stream) return response;
    return [
      {type: 'response.created', response: {...response, status: 'in_progress', output: []}},
      {type: 'response.output_item.added', output_index: 0, item},
      {type: 'response.output_item.done', output_index: 0, item},
      {type: 'response.completed', response}];
  },
};

const gemini = {
  name: 'gemini',
  matches: (url) => /enerateContent/.test(url),
  isConversation: (body) => (body.tools || []).some((each) => each.functionDeclarations),
  newest: (body) => newest(body.contents || [], (turn) => turn.role === 'model'),
  error: () => ({error: {code: 429, status: 'RESOURCE_EXHAUSTED', message: 'This is a limit.'}}),
  answer(body, answer) {
    const part = answer.run
      ? {functionCall: {name: 'run_shell_command', args: {command: answer.run, description: 'a step'}}}
      : {text: answer.say};
    const reply = {candidates: [{index: 0, content: {role: 'model', parts: [part]}, finishReason: 'STOP'}],
      usageMetadata: {promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15}};
    return body.streamed ? [reply] : reply;
  },
};

const apis = [anthropic, openai, gemini];

function send(response, api, reply) {
  if (!Array.isArray(reply)) {
    response.writeHead(200, {'content-type': 'application/json'});
    response.end(JSON.stringify(reply));
    return;
  }
  response.writeHead(200, {'content-type': 'text/event-stream'});
  for (const event of reply) {
    if (event.type) response.write(`event: ${event.type}\n`);
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  }
  response.end();
}

function serve(request, response, text) {
  const api = apis.find((each) => each.matches(request.url));
  if (!api || request.method !== 'POST') {
    response.writeHead(api ? 405 : 404, {'content-type': 'application/json'});
    response.end('{"error":{"message":"not here","type":"not_found_error"}}');
    return;
  }
  const body = JSON.parse(text);
  if (request.url.includes('streamGenerateContent')) body.streamed = true;
  const answer = decide(api, body, api.isConversation(body));
  if (answer.status) {
    response.writeHead(answer.status, {'content-type': 'application/json'});
    response.end(JSON.stringify(api.error()));
    return;
  }
  send(response, api, api.answer(body, answer));
}

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => serve(request, response, Buffer.concat(pieces).toString()));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
