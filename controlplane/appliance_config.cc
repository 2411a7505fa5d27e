// SPDX-License-Identifier: Apache-2.0
#include "controlplane/appliance_config.h"

#include "config/yaml_document.h"

namespace mimir::controlplane {

config::Section<OutputConfig> output_section() {
  using C = OutputConfig;
  config::Section<C> section("output");
  section
      .text("alerts", &C::alerts,
            "The file that alerts are appended to, one JSON object a line; - is standard output.")
      .choice("log_level", &C::log_level, {"error", "warning", "info", "debug"},
              "The least important message that is still said, on standard error.");
  return section;
}

std::vector<config::SectionText> section_texts() {
  return {{.name = "dataplane",
           .help = "Where packets come from, and how much memory is set aside for them.",
           .keys = dataplane_section().keys()},
          {.name = "model",
           .help = "Which model judges the windows, and who is who in the cluster.",
           .keys = model_section().keys()},
          {.name = "detection",
           .help = "What the detectors beside the model are not to report.",
           .keys = detection_section().keys()},
          {.name = "output", .help = "Where the findings go.", .keys = output_section().keys()}};
}

std::optional<ApplianceConfig> read_appliance_config(std::string_view text, std::string_view file,
                                                     config::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  const std::optional<config::Node> root = config::parse_yaml(text, file, diagnostics);
  if (!root) return std::nullopt;
  if (root->kind != config::Node::Kind::kMap && root->kind != config::Node::Kind::kNull) {
    config::report(*root, diagnostics, "a configuration is a list of sections",
                   "begin with `dataplane:`");
    return std::nullopt;
  }
  std::vector<config::KeyText> known;
  for (const config::SectionText& section : section_texts()) {
    config::KeyText key;
    key.key = section.name;
    known.push_back(std::move(key));
  }
  ApplianceConfig read;
  for (const auto& [key, node] : root->members) {
    if (key.name == "dataplane") {
      read.dataplane = dataplane_section().read(node, diagnostics);
    } else if (key.name == "model") {
      read.model = model_section().read(node, diagnostics);
    } else if (key.name == "detection") {
      read.detection = detection_section().read(node, diagnostics);
    } else if (key.name == "output") {
      read.output = output_section().read(node, diagnostics);
    } else {
      config::report_unknown_key(key, "", known, diagnostics);
    }
  }
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return read;
}

}  // namespace mimir::controlplane
