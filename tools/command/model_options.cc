// SPDX-License-Identifier: Apache-2.0
#include "tools/command/model_options.h"

#include "model/detection_config.h"
#include "model/entity/address_text.h"
#include "tools/text_file.h"

namespace mimir::tools {

void declare_analysis_options(CommandLine& line, AnalysisOptions& options, EntitiesNeed need) {
  const char* const help =
      "who holds which address: entities.jsonl, a creation log, or kubectl's list";
  if (need == EntitiesNeed::kRequired) {
    line.required_text("--entities", options.model.entities, "FILE", help);
  } else {
    line.text("--entities", options.model.entities, "FILE", help);
  }
  line.choice("--observe", options.model.observation, {"mirror", "node-any"},
              "where the packets were seen");
  line.text("--gateway", options.model.gateway, "ADDRESS",
            "node-any: the bridge through which kubelets and the outside reach pods");
  line.texts("--pod-cidr", options.model.pod_cidrs, "CIDR",
             "a range pods get addresses from; none: proposed from the entities");
  line.texts("--outside-cidr", options.model.outside_cidrs, "CIDR",
             "a private range that is outside all the same");
  declare_packet_options(line, options.packets);
  line.count("--workers", options.worker_count, 1, 64, "N", "threads that share the flows");
}

void declare_suppressions(CommandLine& line, std::string& path) {
  line.text("--suppress", path, "FILE",
            "findings of detectors that are known and wanted: the keys of the section detection");
}

bool read_suppressions(const std::string& path, AnalysisOptions& options,
                       config::Diagnostics& diagnostics) {
  if (path.empty()) return true;
  const auto text = read_text_file(path, diagnostics);
  if (!text) return false;
  const auto read = read_detection_config(*text, path, diagnostics);
  if (!read) return false;
  options.suppressions = read->suppressions();
  return true;
}

bool check_analysis_options(const AnalysisOptions& options, config::Diagnostics& diagnostics) {
  const ModelConfig& model = options.model;
  for (const auto* list : {&model.pod_cidrs, &model.outside_cidrs}) {
    for (const std::string& text : *list) {
      if (entity::parse_cidr(text)) continue;
      diagnostics.error({}, "`" + text + "` is no range of addresses", "write 10.244.0.0/16");
    }
  }
  if (!model.gateway.empty() && !entity::parse_address(model.gateway)) {
    diagnostics.error({}, "--gateway: `" + model.gateway + "` is no address", "write 172.17.0.1");
  }
  WorkerOptions ignored;
  (void)apply_packet_options(options.packets, ignored, diagnostics);
  return !diagnostics.has_errors();
}

}  // namespace mimir::tools
