// Tells the coordinator what this agent does, and the agent that it has messages.
import {spawn} from 'node:child_process'

const program = "{program}"
const wakes = 2 // the exit status of `hook wait` when there is something to say

function run(event, session, hears = true) {
  return new Promise((done) => {
    const child = spawn(program, ['hook', event], {stdio: ['pipe', 'pipe', 'pipe']})
    const said = {output: '', errors: '', status: null}
    child.stdout.on('data', (piece) => (said.output += piece))
    child.stderr.on('data', (piece) => (said.errors += piece))
    child.stdin.on('error', () => {})
    child.on('error', () => done(said))
    child.on('close', (status) => done({...said, status}))
    child.stdin.end(JSON.stringify({hook_event_name: hears ? event : undefined, session_id: session}))
  })
}

async function hook(event, session) {
  const {output} = await run(event, session)
  try {
    return JSON.parse(output).hookSpecificOutput.additionalContext
  } catch {
    return ''
  }
}

export const Yardmaster = async ({client}) => {
  const children = new Set() // sessions of subagents, which are not whom messages are for
  let current // the session that a person sees
  let waiting = false
  let again = false // the wait that ends was for an earlier stop

  async function tell(text) {
    try {
      await prompt(text)
    } catch {
      await run('stop', current, false) // it was not told, and is idle
      wait()
    }
  }
  async function prompt(text) {
    if (current) {
      await client.session.promptAsync({path: {id: current}, body: {parts: [{type: 'text', text}]}})
    } else {
      await client.tui.appendPrompt({body: {text}})
      await client.tui.submitPrompt()
    }
  }
  async function wait() {
    again = waiting
    if (waiting) return
    waiting = true
    const {status, errors} = await run('wait', current)
    waiting = false
    if (status === wakes) await tell(errors.trim())
    else if (again) wait()
  }
  async function stop() {
    const text = await hook('stop', current)
    if (text) await tell(text)
    else wait()
  }

  const begun = run('session-start', undefined, false) // nobody would read what it says
  begun.then(wait)
  return {
    event: async ({event}) => {
      const {sessionID, info} = event.properties
      if (event.type === 'session.created' && info.parentID) children.add(info.id)
      if (event.type === 'session.idle' && sessionID === current) stop()
    },
    'chat.message': async ({sessionID}, {parts}) => {
      if (children.has(sessionID)) return
      await begun
      current = sessionID
      const text = await hook('prompt', sessionID)
      const said = parts.find((part) => part.type === 'text')
      if (text && said) said.text += `\n\n${text}`
    },
    'tool.execute.after': async ({sessionID}, result) => {
      if (sessionID !== current) return
      const text = await hook('tool', sessionID)
      if (text) result.output += `\n\n${text}`
    },
  }
}
