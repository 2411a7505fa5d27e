// SPDX-License-Identifier: Apache-2.0
#include "tools/command/commands.h"

int main(int argc, char** argv) {
  const auto commands = mimir::tools::all_commands();
  return mimir::tools::run_command_line(argc, argv, commands);
}
