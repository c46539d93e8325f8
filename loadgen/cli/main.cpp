// loadgen: what the command line asks for, and the exit status.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

#include "coordinator/base/error.h"
#include "loadgen/cli/commands.h"
#include "loadgen/direct/direct_instance.h"
#include "loadgen/hosts/fsync_probe.h"
#include "loadgen/plan/options.h"
#include "loadgen/real/agent_options.h"
#include "loadgen/real/simulated_agent.h"

namespace {

using namespace yardmaster;
using namespace yardmaster::loadgen;

int list_scenarios() {
  for (const auto& [name, text] : built_in_scenarios()) {
    const auto scenario = read_scenario(text, std::string(name), Overrides::object());
    std::cout << name << std::string(14 - std::min<std::size_t>(name.size(), 13), ' ')
              << scenario.description << '\n';
  }
  return 0;
}

int dispatch(const Options& options) {
  switch (options.verb) {
    case Verb::help:
      std::cout << options.text;
      return 0;
    case Verb::list_scenarios:
      return list_scenarios();
    case Verb::compare:
      return compare_reports(options);
    case Verb::report:
      return show_reports(options);
    case Verb::history:
      return print_history(options);
    case Verb::selftest:
      return run_selftest(options);
    case Verb::decide:
      return decide_store(options);
    case Verb::search:
      return search_capacity(options);
    case Verb::map:
      return measure_map(options);
    case Verb::run:
      return run_scenario(options);
  }
  return exit_could_not_run;
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 3 && argv[1] == fsync_probe_argument) return run_fsync_probe(argv[2]);
    if (argc > 1 && argv[1] == direct_instance_verb) return run_direct_instance(argc, argv);
    if (argc > 1 && argv[1] == simulated_agent_verb) {
      return run_simulated_agent({argv + 2, argv + argc});
    }
    return dispatch(parse_options({argv + 1, argv + argc}));
  } catch (const Error& error) {
    std::cerr << "loadgen: " << one_line(error.what()) << std::endl;
    return error.code() == ErrorCode::usage ? exit_usage : exit_could_not_run;
  } catch (const Abandoned&) {
    std::cerr << "loadgen: interrupted before there was anything to report" << std::endl;
    return exit_could_not_run;
  } catch (const std::exception& error) {
    std::cerr << "loadgen: " << one_line(error.what()) << std::endl;
    return exit_could_not_run;
  }
}
