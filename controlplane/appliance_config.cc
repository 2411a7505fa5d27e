// SPDX-License-Identifier: Apache-2.0
#include "controlplane/appliance_config.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "config/yaml_document.h"

namespace mimir::controlplane {

namespace {

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

constexpr std::uint64_t kBytesMax = 1'000'000'000'000;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

bool have_own_names(const std::vector<SinkConfig>& sinks) {
  std::set<std::string_view> names{"file"};
  return std::all_of(sinks.begin(), sinks.end(),
                     [&](const SinkConfig& sink) { return names.insert(sink.name).second; });
}

/// Whether nobody on the way can read the token.
bool is_token_safe(const SinkConfig& sink) {
  const auto target = parse_sink_target(sink.to);
  return sink.token_file.empty() || !target || target->is_tls || is_local(*target);
}

config::Section<SinkConfig> sink_section() {
  using C = SinkConfig;
  config::Section<C> section("output.sinks[]");
  section
      .text("name", &C::name,
            "Its label in metrics and its folder in the spool: a-z, 0-9, _ and -, not file.")
      .text("to", &C::to,
            "Whom: syslog+udp://HOST:514, syslog+tcp://HOST:601, syslog+tls://HOST:6514, "
            "syslog+unix:///dev/log, https://HOST/PATH, kafka://HOST:9092,HOST:9092/TOPIC, "
            "kafka+tls://..., or a Unix stream as unix:///run/siem.sock.")
      .text("token_file", &C::token_file,
            "Of a webhook: a file with a token that is sent as Authorization: Bearer TOKEN.")
      .text("ca_file", &C::ca_file,
            "With TLS: who signs the other's certificate, PEM; empty: whom this machine trusts.")
      .require(
          "name", [](const C& sink) { return is_name(sink.name); },
          "output.sinks[].name is no name", "write name: siem")
      .require(
          "to", [](const C& sink) { return parse_sink_target(sink.to).has_value(); },
          "output.sinks[].to is none of the targets", "write to: syslog+tcp://10.0.0.1:601")
      .require("token_file", is_token_safe,
               "output.sinks[].token_file would be sent where others can read it",
               "write to: https://");
  return section;
}

}  // namespace

config::Section<OutputConfig> output_section() {
  using C = OutputConfig;
  config::Section<C> section("output");
  section
      .text("alerts", &C::alerts,
            "The file that alerts are appended to, one JSON object a line; - is standard output. "
            "SIGHUP opens it anew.")
      .integer("alerts_bytes_max", &C::alerts_bytes_max,
               {.min = 0,
                .max = kBytesMax,
                .unit = "bytes",
                .help = "Before the file would grow beyond, it becomes FILE.1, and FILE.1 becomes "
                        "FILE.2; 0: it is not rotated."})
      .integer("alerts_file_count", &C::alerts_file_count,
               {.min = 1,
                .max = 1000,
                .unit = "files",
                .help = "Kept of them, the one written to among them."})
      .list_of("sinks", &C::sinks, sink_section(),
               "Who else is told. Each has a spool on disk: one that is down gets everything, in "
               "order, once it is back.")
      .text("spool", &C::spool, "The folder of the spools, needed where there are sinks.")
      .integer("spool_bytes_max", &C::spool_bytes_max,
               {.min = 65'536,
                .max = kBytesMax,
                .unit = "bytes",
                .help = "What a spool holds; alerts that find no room are counted as lost."})
      .text("history", &C::history,
            "An SQLite file that remembers windows, incidents and what people said of them, for "
            "mimir alert and mimir tune. Empty: none.")
      .duration_ns("history_keep", &C::history_keep_ns, 3600 * kNsPerSecond,
                   3650 * 86'400 * kNsPerSecond,
                   "Windows and closed incidents that are older, by packet time, are forgotten.")
      .integer("history_bytes_max", &C::history_bytes_max,
               {.min = 1'000'000,
                .max = kBytesMax,
                .unit = "bytes",
                .help = "Beyond it the oldest windows are forgotten."})
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
              "The least important message that is still said, on standard error.")
      .require(
          "spool", [](const C& config) { return config.sinks.empty() || !config.spool.empty(); },
          "output.sinks need output.spool, a folder where alerts wait for them",
          "write spool: /var/lib/mimir/spool")
      .require(
          "sinks", [](const C& config) { return have_own_names(config.sinks); },
          "output.sinks: two have the same name", "a name is a label of metrics and a folder");
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

config::Section<ControlConfig> control_section() {
  using C = ControlConfig;
  config::Section<C> section("control");
  section.text("socket", &C::socket,
               "The Unix socket through which `mimir ctl` asks and steers the appliance, as in "
               "/run/mimir/control.sock. Its owner and group may. Empty: nobody.");
  return section;
}

std::vector<config::SectionText> section_texts() {
  return {{.name = "dataplane",
           .help = "Where packets come from, and how much memory is set aside for them.",
           .keys = dataplane_section().keys()},
          {.name = "model",
           .help = "Which model judges the windows, and who is who in the cluster.",
           .keys = model_section().keys()},
          {.name = "kubernetes",
           .help = "Instead of a file, the API server that knows who is who.",
           .keys = kubernetes_section().keys()},
          {.name = "detection",
           .help = "What the detectors beside the model are not to report.",
           .keys = detection_section().keys()},
          {.name = "output", .help = "Where the findings go.", .keys = output_section().keys()},
          {.name = "http",
           .help = "Metrics, health and the dashboard, for who runs it.",
           .keys = http_section().keys()},
          {.name = "control",
           .help = "How a running appliance is steered.",
           .keys = control_section().keys()}};
}

std::vector<std::string> changed_keys(const ApplianceConfig& a, const ApplianceConfig& b) {
  std::vector<std::string> keys;
  const auto compare = [&](const auto& section, const auto& one, const auto& other) {
    for (const std::string& key : section.changed_keys(one, other)) {
      keys.push_back(section.section_name() + '.' + key);
    }
  };
  compare(dataplane_section(), a.dataplane, b.dataplane);
  compare(model_section(), a.model, b.model);
  compare(kubernetes_section(), a.kubernetes, b.kubernetes);
  compare(detection_section(), a.detection, b.detection);
  compare(output_section(), a.output, b.output);
  compare(http_section(), a.http, b.http);
  compare(control_section(), a.control, b.control);
  return keys;
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
    } else if (key.name == "kubernetes") {
      read.kubernetes = kubernetes_section().read(node, diagnostics);
    } else if (key.name == "detection") {
      read.detection = detection_section().read(node, diagnostics);
    } else if (key.name == "output") {
      read.output = output_section().read(node, diagnostics);
    } else if (key.name == "http") {
      read.http = http_section().read(node, diagnostics);
    } else if (key.name == "control") {
      read.control = control_section().read(node, diagnostics);
    } else {
      config::report_unknown_key(key, "", known, diagnostics);
    }
  }
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return read;
}

std::unique_ptr<const ConfigDump> dump_appliance_config(std::string_view text,
                                                        std::string_view file,
                                                        config::Diagnostics& diagnostics) {
  const auto read = read_appliance_config(text, file, diagnostics);
  if (!read) return nullptr;
  config::Diagnostics said_before;
  auto dump = std::make_unique<ConfigDump>();
  dump->document = config::parse_yaml(text, file, said_before).value_or(config::Node());
  const auto add = [&](const auto& section, const auto& from) {
    const std::string& name = section.section_name();
    section.add_effective(from, dump->document.find(name), name, dump->keys);
  };
  add(dataplane_section(), read->dataplane);
  add(model_section(), read->model);
  add(kubernetes_section(), read->kubernetes);
  add(detection_section(), read->detection);
  add(output_section(), read->output);
  add(http_section(), read->http);
  add(control_section(), read->control);
  return dump;
}

}  // namespace mimir::controlplane
