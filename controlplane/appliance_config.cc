// SPDX-License-Identifier: Apache-2.0
#include "controlplane/appliance_config.h"

#include <charconv>

#include "config/yaml_document.h"

namespace mimir::controlplane {

namespace {

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

}  // namespace

config::Section<OutputConfig> output_section() {
  using C = OutputConfig;
  config::Section<C> section("output");
  section
      .text("alerts", &C::alerts,
            "The file that alerts are appended to, one JSON object a line; - is standard output.")
      .duration_ns("incident_quiet", &C::incident_quiet_ns, 10 * kNsPerSecond,
                   86'400 * kNsPerSecond,
                   "An incident of which nothing was seen for so long is closed; what comes after "
                   "opens another.")
      .integer("record_rate_max", &C::record_rate_max,
               {.min = 1,
                .max = 1'000'000,
                .unit = "records a minute",
                .help = "Openings and updates of incidents beyond it are held back, and a notice "
                        "says how many."})
      .choice("log_level", &C::log_level, {"error", "warning", "info", "debug"},
              "The least important message that is still said, on standard error.");
  return section;
}

// What is not in [brackets] has no colon of its own.
std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view address = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool is_bracketed = address.starts_with('[') && address.ends_with(']');
  if (is_bracketed) address = address.substr(1, address.size() - 2);
  ListenAddress listen{.address = std::string(address)};
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), listen.port);
  const bool is_number = error == std::errc() && end == digits.data() + digits.size();
  const bool is_sound = is_bracketed == (address.find(':') != std::string_view::npos);
  if (!is_number || !is_sound || address.empty()) return std::nullopt;
  return listen;
}

config::Section<HttpConfig> http_section() {
  using C = HttpConfig;
  config::Section<C> section("http");
  section
      .text("listen", &C::listen,
            "The address and port where metrics, health and the dashboard are served, as in "
            "127.0.0.1:9478 or [::1]:9478. Empty: nowhere.")
      .text("token_file", &C::token_file,
            "A file with a token that every request must carry (Authorization: Bearer TOKEN). "
            "Needed where others than this host can connect.")
      .text("tls_certificate", &C::tls_certificate,
            "The certificate chain, PEM. Needed where others than this host can connect.")
      .text("tls_key", &C::tls_key, "The private key of the certificate, PEM.")
      .require(
          "listen",
          [](const C& config) {
            return config.listen.empty() || parse_listen_address(config.listen).has_value();
          },
          "http.listen is no address and port", "write listen: \"127.0.0.1:9478\"")
      .require(
          "tls_certificate",
          [](const C& config) { return config.tls_certificate.empty() == config.tls_key.empty(); },
          "http.tls_certificate and http.tls_key go together", "give both, or neither")
      .require(
          "listen",
          [](const C& config) {
            const auto listen = parse_listen_address(config.listen);
            return !listen || is_loopback(listen->address) ||
                   (!config.token_file.empty() && !config.tls_certificate.empty());
          },
          "http.listen lets other hosts connect, without a token or without TLS",
          "give token_file, tls_certificate and tls_key, or listen at 127.0.0.1");
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
          {.name = "output", .help = "Where the findings go.", .keys = output_section().keys()},
          {.name = "http",
           .help = "Metrics, health and the dashboard, for who runs it.",
           .keys = http_section().keys()}};
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
    } else if (key.name == "http") {
      read.http = http_section().read(node, diagnostics);
    } else {
      config::report_unknown_key(key, "", known, diagnostics);
    }
  }
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return read;
}

}  // namespace mimir::controlplane
