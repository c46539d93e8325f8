// Contexts and their handoffs, as people and agents write, read and pass them on.
#include <fstream>
#include <iostream>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/context_copy.h"
#include "coordinator/cli/free_texts.h"
#include "coordinator/cli/lookups.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/terminal.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr const char* default_kind = "note";

// The context that is named, or the speaker's own.
std::string context_of(const CLI::Option& named, const CLI::Option& who) {
  return named.count() > 0 ? named.as<std::string>() : speaker(who);
}

void add_show(CLI::App& parent, Places& places) {
  CLI::App* verb = parent.add_subcommand("show", "Print the entries of a context");
  add_place_options(*verb, places);
  CLI::Option* name = verb->add_option("CONTEXT", "Whose [your own]");
  completed_with(name, Names::instances);
  CLI::Option* from = verb->add_option("--from-seq", "From this entry on [1]")->type_name("SEQ");
  CLI::Option* who = add_speaker_option(*verb, "--as");
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer("Example: yardmaster context show worker-1 --from-seq 120");
  verb->callback([&places, name, from, who, as_json] {
    Client client = places.connect();
    json entries = json::array();
    const bool for_tools = as_json->count() > 0;
    const std::uint64_t first = std::max<std::uint64_t>(count_of(*from).value_or(1), 1);
    json info = read_whole_context(client, context_of(*name, *who), first, [&](const json& entry) {
      if (for_tools) {
        entries.push_back(entry);
      } else {
        std::cout << entry_text(entry);
      }
    });
    if (!for_tools) return;
    info["entries"] = std::move(entries);
    print_json(info);
  });
}

void add_append(CLI::App& parent, Places& places) {
  CLI::App* verb = parent.add_subcommand("append", "Add an entry: a decision, a note, progress");
  add_place_options(*verb, places);
  CLI::Option* text = verb->add_option(free_text, "What to keep")->required();
  CLI::Option* kind = verb->add_option("--kind", "What it is [note]")->type_name("KIND");
  CLI::Option* name = verb->add_option("--context", "Whose [your own]")->type_name("NAME");
  completed_with(name, Names::instances);
  CLI::Option* who = add_speaker_option(*verb, "--as");
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer("Example: yardmaster context append --kind decision 'Keep the old parser'");
  verb->callback([&places, text, kind, name, who, as_json] {
    Client client = places.connect();
    const std::string context = context_of(*name, *who);
    const std::uint64_t seq =
        append_entry(client, context, kind->count() > 0 ? value_of(*kind) : default_kind,
                     text->as<std::string>());
    if (as_json->count() > 0) return print_json({{"context", context}, {"seq", seq}});
    std::cout << "entry " << seq << " of " << one_line(context) << "\n";
  });
}

void add_export(CLI::App& parent, Places& places) {
  CLI::App* verb = parent.add_subcommand("export", "Print a context, one JSON object per line");
  add_place_options(*verb, places);
  CLI::Option* name = verb->add_option("CONTEXT", "Whose [your own]");
  completed_with(name, Names::instances);
  CLI::Option* who = add_speaker_option(*verb, "--as");
  verb->footer("Example: yardmaster context export worker-1 > worker-1.jsonl");
  verb->callback([&places, name, who] {
    Client client = places.connect();
    read_whole_context(client, context_of(*name, *who), 1,
                       [](const json& entry) { std::cout << to_text(entry) << "\n"; });
  });
}

// Everything is read before anything is written, so that a damaged file adds nothing.
std::vector<json> entries_of(std::istream& in, const std::string& file) {
  std::vector<json> entries;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    const auto refuse = [&](const std::string& why) {
      throw Error(ErrorCode::usage, file + ":" + std::to_string(number) + ": " + why);
    };
    json entry;
    try {
      entry = parse_json(line);
    } catch (const Error& error) {
      refuse(error.what());
    }
    if (text_of(entry, "kind").empty() || !entry.contains("data") || !entry["data"].is_string()) {
      refuse("an entry has a kind and data, both texts");
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

void add_import(CLI::App& parent, Places& places) {
  CLI::App* verb = parent.add_subcommand("import", "Append the entries of an export");
  add_place_options(*verb, places);
  CLI::Option* file = verb->add_option("FILE", "As export printed it; -: standard input");
  completed_with(file, Names::files)->required();
  CLI::Option* name = verb->add_option("--context", "Whose [your own]")->type_name("NAME");
  completed_with(name, Names::instances);
  CLI::Option* who = add_speaker_option(*verb, "--as");
  verb->footer("Example: yardmaster context import worker-1.jsonl --context worker-2");
  verb->callback([&places, file, name, who] {
    const auto path = file->as<std::string>();
    std::ifstream opened;
    if (path != "-") opened.open(path);
    if (path != "-" && !opened) throw Error(ErrorCode::usage, "cannot read '" + path + "'");
    const auto entries = entries_of(path == "-" ? std::cin : opened, one_line(path));
    Client client = places.connect();
    const std::string context = context_of(*name, *who);
    for (const json& entry : entries) {
      append_entry(client, context, text_of(entry, "kind"), text_of(entry, "data"));
    }
    std::cout << counted(entries.size(), "entry", "entries") << " added to " << one_line(context)
              << "\n";
  });
}

Table handoffs_table(const json& handoffs) {
  Table table({{"ID", false, true},
               {"CONTEXT"},
               {"FROM"},
               {"TO"},
               {"STATE"},
               {"ENTRIES", false, true},
               {"SUMMARY", true}});
  for (const json& handoff : handoffs) {
    table.add({text_of(handoff, "id"), text_of(handoff, "context"), text_of(handoff, "from"),
               text_of(handoff, "to"), text_of(handoff, "state"), text_of(handoff, "count"),
               text_of(handoff, "summary")});
  }
  return table;
}

void print_handoff(const json& handoff, bool as_json) {
  if (as_json) return print_json(handoff);
  std::cout << "handoff " << text_of(handoff, "id") << " of "
            << one_line(text_of(handoff, "context")) << " ("
            << counted(number_of(handoff, "count"), "entry", "entries") << ") from "
            << one_line(text_of(handoff, "from")) << " to " << one_line(text_of(handoff, "to"))
            << " is " << one_line(text_of(handoff, "state")) << "\n";
}

void add_handoff_list(CLI::App& handoff, Places& places) {
  CLI::App* verb = handoff.add_subcommand("ls", "List the handoffs that are pending");
  add_place_options(*verb, places);
  CLI::Option* state =
      verb->add_option("--state", "pending, accepted, cancelled or expired [pending]");
  completed_with(state, "pending accepted cancelled expired")->type_name("STATE");
  CLI::Option* as_json = add_json_flag(*verb);
  verb->callback([&places, state, as_json] {
    const std::string wanted = state->count() > 0 ? value_of(*state) : "pending";
    const json listed = places.connect().list("list_handoffs", "handoffs", {{"state", wanted}});
    if (as_json->count() > 0) return print_json({{"handoffs", listed}});
    const Table table = handoffs_table(listed);
    std::cout << (table.empty() ? "no handoffs\n" : table.text(terminal_width()));
  });
}

struct HandoffOptions {
  CLI::Option* id = nullptr;
  CLI::Option* who = nullptr;
  CLI::Option* as_json = nullptr;
};

HandoffOptions add_handoff_options(CLI::App& verb, Places& places) {
  add_place_options(verb, places);
  HandoffOptions options;
  options.id = verb.add_option("ID", "As 'handoff ls' shows it")->required();
  completed_with(options.id, Names::handoffs);
  options.who = add_speaker_option(verb, "--as");
  options.as_json = add_json_flag(verb);
  return options;
}

void add_decisions(CLI::App& handoff, Places& places) {
  CLI::App* accept = handoff.add_subcommand(
      "accept", "Read and check the whole context that is offered to you, and take it over");
  const HandoffOptions accepted = add_handoff_options(*accept, places);
  accept->callback([&places, accepted] {
    Client client = places.connect();
    const std::uint64_t id = whole_number("ID", accepted.id->as<std::string>());
    print_handoff(accept_offered(client, id, speaker(*accepted.who)),
                  accepted.as_json->count() > 0);
  });
  CLI::App* cancel =
      handoff.add_subcommand("cancel", "Take back an offer, or refuse one: the giver keeps all");
  const HandoffOptions cancelled = add_handoff_options(*cancel, places);
  cancel->callback([&places, cancelled] {
    const std::uint64_t id = whole_number("ID", cancelled.id->as<std::string>());
    const json arguments{{"id", id}, {"instance_id", speaker(*cancelled.who)}};
    print_handoff(places.connect().call("cancel_handoff", arguments),
                  cancelled.as_json->count() > 0);
  });
}

struct OfferOptions {
  CLI::Option* from = nullptr;
  CLI::Option* to = nullptr;
  CLI::Option* from_dead = nullptr;
  CLI::Option* summary = nullptr;
  CLI::Option* key = nullptr;
  CLI::Option* as_json = nullptr;
};

void offer(const Places& places, const OfferOptions& options) {
  if (options.to->count() == 0) {
    throw Error(ErrorCode::usage, "say from whom to whom: yardmaster handoff worker-1 worker-2");
  }
  json arguments{{"from", options.from->as<std::string>()}, {"to", options.to->as<std::string>()}};
  if (options.from_dead->count() > 0) arguments["from_dead"] = true;
  if (options.summary->count() > 0) arguments["summary"] = value_of(*options.summary);
  if (options.key->count() > 0) arguments["key"] = value_of(*options.key);
  print_handoff(places.connect().call("context_handoff", arguments), options.as_json->count() > 0);
}

void add_handoff_show(CLI::App& handoff, Places& places) {
  CLI::App* verb = handoff.add_subcommand("show", "Show one handoff, decided or not");
  const HandoffOptions options = add_handoff_options(*verb, places);
  verb->callback([&places, options] {
    const std::uint64_t id = whole_number("ID", options.id->as<std::string>());
    Client client = places.connect();
    const auto found = find_handoff(client, id);
    if (!found) throw Error(ErrorCode::not_found, "there is no handoff " + std::to_string(id));
    print_handoff(*found, options.as_json->count() > 0);
    if (options.as_json->count() == 0) {
      std::cout << plain_output(text_of(*found, "summary")) << "\n";
    }
  });
}

void add_handoff(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("handoff", "Hand an instance's context to another one");
  add_place_options(*verb, places);
  OfferOptions options;
  options.from = verb->add_option("FROM", "The giver, who writes no more until it is decided");
  options.to = verb->add_option("TO", "The receiver, who has to accept");
  completed_with(options.from, Names::instances);
  completed_with(options.to, Names::instances);
  options.from_dead = verb->add_flag("--from-dead")->description("Of FROM, who has ended");
  options.summary = verb->add_option("--summary", "What the receiver has to know first");
  options.summary->type_name("TEXT");
  options.key = verb->add_option("--key", "Repeating a request with this key has no effect");
  options.key->type_name("TEXT");
  options.as_json = add_json_flag(*verb);
  verb->footer(
      "Examples:\n"
      "  yardmaster handoff worker-1 worker-2 --summary 'parser done, tests missing'\n"
      "  yardmaster handoff --from-dead worker-1 worker-2\n"
      "  yardmaster handoff accept 4 --as worker-2");
  add_handoff_list(*verb, places);
  add_handoff_show(*verb, places);
  add_decisions(*verb, places);
  verb->callback([&places, verb, options] {
    if (verb->get_subcommands().empty()) offer(places, options);
  });
}

}  // namespace

void add_context_verbs(CLI::App& app, Places& places) {
  CLI::App* context =
      app.add_subcommand("context", "What instances keep: decisions, notes, progress");
  context->require_subcommand(1);
  context->footer("Example: yardmaster context show worker-1");
  add_show(*context, places);
  add_append(*context, places);
  add_export(*context, places);
  add_import(*context, places);
  add_handoff(app, places);
}

}  // namespace yardmaster::cli
