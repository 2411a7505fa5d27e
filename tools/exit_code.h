// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mimir::tools {

/// What `mimir` tells its caller. Part of the public interface.
enum class ExitCode : int {
  kOk = 0,
  kData = 1,     ///< something is wrong with the data: a damaged capture, a failed check
  kUsage = 2,    ///< something is wrong with the command line or the configuration
  kMachine = 3,  ///< the machine lacks something; the message has the command that mends it
};

}  // namespace mimir::tools
