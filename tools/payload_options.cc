// SPDX-License-Identifier: Apache-2.0
#include "tools/payload_options.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "model/learn/digest.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

/// Where the compiled form of these rules would be.
std::string cache_path(const std::string& folder, const std::vector<payload::Rule>& rules) {
  const std::string key = payload::Signatures::cache_key(rules);
  return (std::filesystem::path(folder) / (learn::sha256_hex(key) + ".hs")).string();
}

}  // namespace

void declare_payload_options(CommandLine& line, PayloadOptions& options) {
  line.choice("--payload", options.depth, {"off", "applications", "rules"},
              "look into the first packets of each flow: which application it speaks, and "
              "whether a rule matches");
  line.texts("--rules", options.rule_files, "FILE",
             "rules for --payload rules; none: those that are built in");
  line.count("--payload-packets", options.packet_count_max, 1, Inspection::kLookMax, "N",
             "how many packets with payload of a flow, direction and window are looked at");
  line.count("--payload-bytes", options.byte_count_max, 16, 65535, "N",
             "how many bytes of each are compared with the patterns");
}

std::vector<payload::Rule> read_rule_files(const std::vector<std::string>& files,
                                           config::Diagnostics& diagnostics) {
  if (files.empty()) return payload::read_built_in_rules();
  std::vector<payload::Rule> rules;
  for (const std::string& file : files) {
    const std::optional<std::string> text = read_text_file(file, diagnostics);
    if (text) (void)payload::read_rules(*text, file, rules, diagnostics);
  }
  return rules;
}

std::unique_ptr<const payload::Signatures> compile_signatures(const PayloadOptions& options,
                                                              config::Diagnostics& diagnostics) {
  if (options.depth == "off") return nullptr;
  const std::size_t errors_before = diagnostics.error_count();
  std::vector<payload::Rule> rules;
  if (options.depth == "rules") rules = read_rule_files(options.rule_files, diagnostics);
  if (diagnostics.error_count() > errors_before) return nullptr;
  std::string path;
  std::string cached;
  if (!options.cache_folder.empty() && !rules.empty()) {
    path = cache_path(options.cache_folder, rules);
    config::Diagnostics unread;  // not to be there is no fault
    cached = read_text_file(path, unread).value_or(std::string());
  }
  auto signatures = payload::Signatures::make(std::move(rules), cached, diagnostics);
  if (signatures == nullptr) return nullptr;
  if (!path.empty() && cached.empty()) {
    const std::vector<char> bytes = signatures->to_cache();
    config::Diagnostics unwritten;  // then it is compiled again next time
    (void)write_text_file(path, {bytes.data(), bytes.size()}, unwritten);
  }
  return signatures;
}

void look_for(const payload::Signatures* signatures, const PayloadOptions& options,
              WorkerOptions& worker) {
  if (signatures == nullptr) return;
  worker.inspection =
      signatures->lend({.look_count_max = static_cast<unsigned>(options.packet_count_max),
                        .byte_count_max = options.byte_count_max,
                        .keeps_samples = options.keeps_samples});
}

std::unique_ptr<const payload::Signatures> apply_payload_options(const PayloadOptions& options,
                                                                 WorkerOptions& worker,
                                                                 config::Diagnostics& diagnostics) {
  auto signatures = compile_signatures(options, diagnostics);
  look_for(signatures.get(), options, worker);
  return signatures;
}

}  // namespace mimir::tools
