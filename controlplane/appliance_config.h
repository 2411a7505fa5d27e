// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/section.h"
#include "controlplane/kubernetes/kubernetes_config.h"
#include "controlplane/output/sink_target.h"
#include "dataplane/dataplane_config.h"
#include "model/detection_config.h"
#include "model/model_config.h"

namespace mimir::controlplane {

/// The `output:` section.
struct OutputConfig {
  std::string alerts = "-";
  std::uint64_t alerts_bytes_max = 64'000'000;
  std::uint32_t alerts_file_count = 8;
  std::vector<SinkConfig> sinks;
  std::string spool;
  std::uint64_t spool_bytes_max = 64'000'000;
  std::string history;
  std::int64_t history_keep_ns = 30 * 86'400 * 1'000'000'000LL;
  std::uint64_t history_bytes_max = 1'000'000'000;
  std::int64_t incident_quiet_ns = 300'000'000'000;
  std::uint64_t record_rate_max = 120;  ///< a minute
  std::string log_level = "info";
};

[[nodiscard]] config::Section<OutputConfig> output_section();

/// The `control:` section.
struct ControlConfig {
  std::string socket;  ///< empty: nobody can steer the appliance
};

[[nodiscard]] config::Section<ControlConfig> control_section();

/// The `http:` section.
struct HttpConfig {
  std::string listen;  ///< "127.0.0.1:9478", "[::1]:9478"; empty: nothing is served
  std::string token_file;
  std::string tls_certificate;
  std::string tls_key;
};

[[nodiscard]] config::Section<HttpConfig> http_section();

/// An address and a port as `listen` has them; nothing if it is no such text.
struct ListenAddress {
  std::string address;
  std::uint16_t port = 0;
};
[[nodiscard]] std::optional<ListenAddress> parse_listen_address(std::string_view text);

/// A whole configuration file.
struct ApplianceConfig {
  DataplaneConfig dataplane;
  ModelConfig model;
  KubernetesConfig kubernetes;
  DetectionConfig detection;
  OutputConfig output;
  HttpConfig http;
  ControlConfig control;
};

/// Reads a configuration. Nothing, and every fault at its place, if there is any.
[[nodiscard]] std::optional<ApplianceConfig> read_appliance_config(
    std::string_view text, std::string_view file, config::Diagnostics& diagnostics);

/// Every key as it is in force, and where it is written; the nodes are `document`'s.
struct ConfigDump {
  config::Node document;
  config::Effective keys;
};
/// Nothing, and every fault at its place, if there is any.
[[nodiscard]] std::unique_ptr<const ConfigDump> dump_appliance_config(
    std::string_view text, std::string_view file, config::Diagnostics& diagnostics);

/// The keys, as "section.key", whose values differ.
[[nodiscard]] std::vector<std::string> changed_keys(const ApplianceConfig& a,
                                                    const ApplianceConfig& b);

/// All sections, in the order of the file, for whoever tells of them.
[[nodiscard]] std::vector<config::SectionText> section_texts();

}  // namespace mimir::controlplane
