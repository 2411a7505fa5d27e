// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/payload/signatures.h"
#include "dataplane/worker.h"
#include "tools/command_line.h"

namespace mimir::tools {

/// How far payload is looked into: the options that commands on captures have, and that
/// the configuration has for the appliance.
struct PayloadOptions {
  std::string depth = "off";              ///< off, applications or rules
  std::vector<std::string> rule_files{};  ///< none: those that are built in
  std::uint64_t packet_count_max = 4;
  std::uint64_t byte_count_max = 256;
  bool keeps_samples = false;
  std::string cache_folder{};  ///< for compiled rules; empty: none
};

void declare_payload_options(CommandLine& line, PayloadOptions& options);

/// What the options ask for, compiled; null if they ask for nothing, or if something is
/// wrong, which then is reported.
[[nodiscard]] std::unique_ptr<const payload::Signatures> compile_signatures(
    const PayloadOptions& options, config::Diagnostics& diagnostics);

/// A worker looks for it, as far as the options say; for nothing if it is null.
void look_for(const payload::Signatures* signatures, const PayloadOptions& options,
              WorkerOptions& worker);

/// Both at once: what is compiled, `worker` looks for.
[[nodiscard]] std::unique_ptr<const payload::Signatures> apply_payload_options(
    const PayloadOptions& options, WorkerOptions& worker, config::Diagnostics& diagnostics);

/// The rules that the options name, read and proven to be well, or nothing.
[[nodiscard]] std::vector<payload::Rule> read_rule_files(const std::vector<std::string>& files,
                                                         config::Diagnostics& diagnostics);

}  // namespace mimir::tools
