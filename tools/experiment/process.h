// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace mimir::experiment {

/// Runs a program to its end; what it writes goes to the file `log`. Returns its exit code,
/// or -1 if it could not be started or was killed.
[[nodiscard]] int run_process(std::vector<std::string> words, const std::string& log);

}  // namespace mimir::experiment
