// The verbs of loadgen's command line and the flags that they have beside those of a load. Main
// thread.
#pragma once

#include <CLI/CLI.hpp>

#include "loadgen/plan/options.h"

namespace yardmaster::loadgen {

// What is parsed goes into `options`, which must outlive the app.
void add_verbs(CLI::App& app, Options& options);

// Returns the verb that was parsed. Throws Error{usage} where it lacks what it is about.
Verb verb_of(const CLI::App& app, const Options& options);

}  // namespace yardmaster::loadgen
