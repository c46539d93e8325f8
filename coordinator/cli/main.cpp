#include "coordinator/cli/command_line.h"

int main(int argc, char** argv) { return yardmaster::cli::run(argc, argv); }
