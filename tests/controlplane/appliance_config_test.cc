// SPDX-License-Identifier: Apache-2.0
#include "controlplane/appliance_config.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

std::string shipped(const char* name) {
  const std::ifstream file(std::string(MIMIR_SOURCE_DIR "/config/") + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string faults(std::string_view yaml) {
  config::Diagnostics diagnostics;
  EXPECT_FALSE(read_appliance_config(yaml, "mimir.yaml", diagnostics).has_value()) << yaml;
  return diagnostics.render();
}

// The message and the hint of the only fault.
std::string only_fault(std::string_view yaml) {
  config::Diagnostics diagnostics;
  EXPECT_FALSE(read_appliance_config(yaml, "mimir.yaml", diagnostics).has_value()) << yaml;
  EXPECT_EQ(diagnostics.all().size(), 1U) << diagnostics.render();
  if (diagnostics.all().empty()) return {};
  return diagnostics.all()[0].message + " (" + diagnostics.all()[0].hint + ")";
}

void expect_defaults(const ApplianceConfig& read) {
  const DataplaneConfig& dataplane = read.dataplane;
  EXPECT_TRUE(dataplane.ports.empty());
  EXPECT_EQ(dataplane.rx_descriptors, 1024);
  EXPECT_EQ(dataplane.flow_count_max, 1'048'576U);
  EXPECT_EQ(dataplane.ipv6_flow_count_max, 262'144U);
  EXPECT_EQ(dataplane.ring_record_count, 65'536U);
  EXPECT_EQ(dataplane.base_window_ns, 10'000'000'000);
  EXPECT_EQ(dataplane.lateness_ns, 2'000'000'000);
  EXPECT_EQ(dataplane.huge_pages, "auto");
  EXPECT_EQ(dataplane.file_prefix, "mimir");
  EXPECT_EQ(dataplane.hash_seed, 0U);
  const ModelConfig& model = read.model;
  EXPECT_EQ(model.file, "");
  EXPECT_EQ(model.entities, "");
  EXPECT_EQ(model.observation, "mirror");
  EXPECT_TRUE(model.pod_cidrs.empty());
  EXPECT_TRUE(model.service_cidrs.empty());
  EXPECT_TRUE(model.node_cidrs.empty());
  EXPECT_TRUE(model.outside_cidrs.empty());
  EXPECT_EQ(model.gateway, "");
  EXPECT_EQ(model.entity_log, "");
  EXPECT_EQ(model.entity_age_max_ns, 0);
  EXPECT_EQ(dataplane.run_as, "");
  EXPECT_EQ(read.kubernetes.api, "");
  EXPECT_EQ(read.kubernetes.token_file, "");
  EXPECT_EQ(read.kubernetes.ca_file, "");
  EXPECT_EQ(read.kubernetes.client_certificate, "");
  EXPECT_EQ(read.kubernetes.client_key, "");
  EXPECT_TRUE(read.kubernetes.namespaces.empty());
  EXPECT_EQ(read.output.alerts, "-");
  EXPECT_EQ(read.output.log_level, "info");
}

TEST(ApplianceConfig, IsItsDefaultsWhenNothingIsSaid) {
  for (const char* text : {"", "dataplane:\n", "model: {}\noutput: {}\n"}) {
    config::Diagnostics diagnostics;
    const auto read = read_appliance_config(text, "f", diagnostics);
    ASSERT_TRUE(read.has_value()) << diagnostics.render();
    expect_defaults(*read);
  }
}

TEST(ApplianceConfig, ReadsTheDefaultsItPrints) {
  config::Diagnostics diagnostics;
  const auto read =
      read_appliance_config(config::to_default_yaml(section_texts()), "f", diagnostics);
  ASSERT_TRUE(read.has_value()) << diagnostics.render();
  EXPECT_TRUE(diagnostics.all().empty()) << diagnostics.render();
  expect_defaults(*read);
}

TEST(ApplianceConfig, ReadsEveryKey) {
  config::Diagnostics diagnostics;
  const auto read = read_appliance_config(
      "dataplane:\n"
      "  ports:\n"
      "    - device: 0000:3b:00.0\n"
      "      queues: 4\n"
      "    - device: net_af_packet0,iface=mirror0\n"
      "  rx_descriptors: 64\n"
      "  flow_count_max: 268435456\n"
      "  ipv6_flow_count_max: 1024\n"
      "  ring_record_count: 16777216\n"
      "  base_window: 1h\n"
      "  lateness: 1h\n"
      "  huge_pages: never\n"
      "  file_prefix: other\n"
      "  hash_seed: 9223372036854775807\n"
      "  run_as: mimir\n"
      "model:\n"
      "  file: m.mimir\n"
      "  entities: e.jsonl\n"
      "  observation: node-any\n"
      "  pod_cidrs: [10.244.0.0/16, fd00::/8]\n"
      "  service_cidrs: [10.96.0.0/12]\n"
      "  node_cidrs: [192.168.49.0/24]\n"
      "  outside_cidrs: [10.9.0.0/16]\n"
      "  gateway: 172.17.0.1\n"
      "  entity_log: l.jsonl\n"
      "  entity_age_max: 5min\n"
      "kubernetes:\n"
      "  api: https://10.0.0.1:6443\n"
      "  token_file: t\n"
      "  ca_file: ca.pem\n"
      "  client_certificate: c.pem\n"
      "  client_key: k.pem\n"
      "  namespaces: [shop, payment-1]\n"
      "output:\n"
      "  alerts: a.jsonl\n"
      "  log_level: debug\n",
      "f", diagnostics);
  ASSERT_TRUE(read.has_value()) << diagnostics.render();
  ASSERT_EQ(read->dataplane.ports.size(), 2U);
  EXPECT_EQ(read->dataplane.ports[0].device, "0000:3b:00.0");
  EXPECT_EQ(read->dataplane.ports[0].queues, 4);
  EXPECT_EQ(read->dataplane.ports[1].queues, 1);
  EXPECT_EQ(read->dataplane.rx_descriptors, 64);
  EXPECT_EQ(read->dataplane.flow_count_max, 268'435'456U);
  EXPECT_EQ(read->dataplane.ipv6_flow_count_max, 1024U);
  EXPECT_EQ(read->dataplane.ring_record_count, 16'777'216U);
  EXPECT_EQ(read->dataplane.base_window_ns, 3'600'000'000'000);
  EXPECT_EQ(read->dataplane.lateness_ns, 3'600'000'000'000);
  EXPECT_EQ(read->dataplane.huge_pages, "never");
  EXPECT_EQ(read->dataplane.file_prefix, "other");
  EXPECT_EQ(read->dataplane.hash_seed, 9'223'372'036'854'775'807U);
  EXPECT_EQ(read->model.file, "m.mimir");
  EXPECT_EQ(read->model.entities, "e.jsonl");
  EXPECT_EQ(read->model.observation, "node-any");
  EXPECT_EQ(read->model.pod_cidrs, (std::vector<std::string>{"10.244.0.0/16", "fd00::/8"}));
  EXPECT_EQ(read->model.service_cidrs, std::vector<std::string>{"10.96.0.0/12"});
  EXPECT_EQ(read->model.node_cidrs, std::vector<std::string>{"192.168.49.0/24"});
  EXPECT_EQ(read->model.outside_cidrs, std::vector<std::string>{"10.9.0.0/16"});
  EXPECT_EQ(read->model.gateway, "172.17.0.1");
  EXPECT_EQ(read->model.entity_log, "l.jsonl");
  EXPECT_EQ(read->model.entity_age_max_ns, 300'000'000'000);
  EXPECT_EQ(read->dataplane.run_as, "mimir");
  EXPECT_EQ(read->kubernetes.api, "https://10.0.0.1:6443");
  EXPECT_EQ(read->kubernetes.token_file, "t");
  EXPECT_EQ(read->kubernetes.ca_file, "ca.pem");
  EXPECT_EQ(read->kubernetes.client_certificate, "c.pem");
  EXPECT_EQ(read->kubernetes.client_key, "k.pem");
  EXPECT_EQ(read->kubernetes.namespaces, (std::vector<std::string>{"shop", "payment-1"}));
  EXPECT_EQ(read->output.alerts, "a.jsonl");
  EXPECT_EQ(read->output.log_level, "debug");
}

TEST(ApplianceConfig, TellsOfThreeFaultsInOneRun) {
  EXPECT_EQ(faults("dataplane:\n"
                   "  rx_descriptors: 12\n"
                   "model:\n"
                   "  observatoin: mirror\n"
                   "output:\n"
                   "  log_level: loud\n"),
            "mimir.yaml:2:19: error: dataplane.rx_descriptors: 12 is out of range\n"
            "  2 |   rx_descriptors: 12\n"
            "    |                   ^\n"
            "  hint: give a whole number of descriptors from 64 to 16384\n"
            "mimir.yaml:4:3: error: model: unknown key `observatoin`\n"
            "  4 |   observatoin: mirror\n"
            "    |   ^\n"
            "  hint: did you mean `observation`?\n"
            "mimir.yaml:6:14: error: output.log_level: `loud` is not one of its words\n"
            "  6 |   log_level: loud\n"
            "    |              ^\n"
            "  hint: give error, warning, info or debug\n");
}

TEST(ApplianceConfig, TakesALatenessOfSixWindows) {
  config::Diagnostics diagnostics;
  EXPECT_TRUE(read_appliance_config("dataplane: {lateness: 60s}", "f", diagnostics).has_value());
}

TEST(ApplianceConfig, RefusesWhatDoesNotGoTogether) {
  EXPECT_EQ(only_fault("dataplane: {lateness: 61s}"),
            "dataplane.lateness is longer than six base windows "
            "(lower lateness or raise base_window)");
  EXPECT_EQ(only_fault("dataplane: {base_window: 1500ms}"),
            "dataplane.base_window is no whole number of seconds "
            "(models know their windows by the second: give 10s)");
  EXPECT_EQ(only_fault("dataplane: {ring_record_count: 4097, flow_count_max: 1024}"),
            "dataplane.ring_record_count is above four times dataplane.flow_count_max "
            "(a ring that long is never filled; lower it or raise flow_count_max)");
  EXPECT_EQ(only_fault("dataplane: {ports: [{queues: 2}]}"),
            "dataplane.ports[]: a port has no device "
            "(give `device:` a PCI address or a virtual device)");
  for (const char* key : {"pod_cidrs", "service_cidrs", "node_cidrs", "outside_cidrs"}) {
    EXPECT_EQ(only_fault("model: {" + std::string(key) + ": [10.0.0.0/8, 10.0.0.0/33]}"),
              "model." + std::string(key) +
                  ": not every element is a range of addresses (write [10.244.0.0/16, fd00::/8])");
  }
  EXPECT_EQ(only_fault("model: {gateway: 172.17.0}"),
            "model.gateway is no address (write 172.17.0.1)");
}

TEST(ApplianceConfig, ReadsWhoIsToldAndHowMuchMayWait) {
  config::Diagnostics diagnostics;
  const auto read = read_appliance_config(
      "output:\n"
      "  alerts: a.jsonl\n"
      "  alerts_bytes_max: 0\n"
      "  alerts_file_count: 2\n"
      "  spool: /var/lib/mimir/spool\n"
      "  spool_bytes_max: 65536\n"
      "  history: h.sqlite\n"
      "  history_keep: 1h\n"
      "  history_bytes_max: 1000000\n"
      "  incident_quiet: 10s\n"
      "  record_rate_max: 1\n"
      "  sinks:\n"
      "    - {name: siem, to: \"syslog+tcp://10.0.0.1:601\"}\n"
      "    - {name: hook, to: \"https://h/x\", token_file: t, ca_file: c.pem}\n",
      "f", diagnostics);
  ASSERT_TRUE(read.has_value()) << diagnostics.render();
  const OutputConfig& output = read->output;
  EXPECT_EQ(output.alerts_bytes_max, 0U);
  EXPECT_EQ(output.alerts_file_count, 2U);
  EXPECT_EQ(output.spool, "/var/lib/mimir/spool");
  EXPECT_EQ(output.spool_bytes_max, 65'536U);
  EXPECT_EQ(output.history, "h.sqlite");
  EXPECT_EQ(output.history_keep_ns, 3'600'000'000'000);
  EXPECT_EQ(output.history_bytes_max, 1'000'000U);
  EXPECT_EQ(output.incident_quiet_ns, 10'000'000'000);
  EXPECT_EQ(output.record_rate_max, 1U);
  ASSERT_EQ(output.sinks.size(), 2U);
  EXPECT_EQ(output.sinks[0].to, "syslog+tcp://10.0.0.1:601");
  EXPECT_EQ(output.sinks[1].token_file, "t");
  EXPECT_EQ(output.sinks[1].ca_file, "c.pem");
}

TEST(ApplianceConfig, ReadsThresholdsAndRefusesNonsense) {
  config::Diagnostics diagnostics;
  const auto read = read_appliance_config(
      "detection: {thresholds: [{granularity: 10s, threshold: 0.5}, {granularity: 1min, "
      "threshold: -2}]}",
      "f", diagnostics);
  ASSERT_TRUE(read.has_value()) << diagnostics.render();
  ASSERT_EQ(read->detection.thresholds.size(), 2U);
  EXPECT_EQ(read->detection.thresholds[0].granularity_ns, 10'000'000'000);
  EXPECT_EQ(read->detection.thresholds[0].threshold, 0.5);
  EXPECT_EQ(read->detection.thresholds[1].threshold, -2);
  EXPECT_EQ(only_fault("detection: {thresholds: [{threshold: 1}]}"),
            "detection.thresholds[]: a threshold has no granularity (write granularity: 10s)");
  EXPECT_EQ(only_fault("detection: {thresholds: [{granularity: 10s, threshold: 1}, {granularity: "
                       "10s, threshold: 2}]}"),
            "detection.thresholds: one granularity has two (keep one of them)");
}

TEST(ApplianceConfig, RefusesSinksThatCannotBe) {
  const std::string sink = R"({name: a, to: "unix:///x"})";
  EXPECT_EQ(only_fault("output: {sinks: [" + sink + "]}"),
            "output.sinks need output.spool, a folder where alerts wait for them "
            "(write spool: /var/lib/mimir/spool)");
  EXPECT_EQ(only_fault("output: {spool: s, sinks: [" + sink + ", " + sink + "]}"),
            "output.sinks: two have the same name (a name is a label of metrics and a folder)");
  for (const char* const name : {"../a", "A", "", "a b"}) {
    EXPECT_EQ(only_fault("output: {spool: s, sinks: [{name: \"" + std::string(name) +
                         "\", to: \"unix:///x\"}]}"),
              "output.sinks[].name is no name (write name: siem)");
  }
  EXPECT_EQ(only_fault(R"(output: {spool: s, sinks: [{name: a, to: "ftp://x"}]})"),
            "output.sinks[].to is none of the targets (write to: syslog+tcp://10.0.0.1:601)");
  EXPECT_EQ(only_fault(R"(output: {spool: s, sinks: [{name: a, to: "http://x/", token_file: t}]})"),
            "output.sinks[].token_file would be sent where others can read it "
            "(write to: https://)");
}

TEST(ApplianceConfig, KnowsItsSections) {
  EXPECT_EQ(only_fault("dataplan: {}"), "unknown key `dataplan` (did you mean `dataplane`?)");
  EXPECT_EQ(only_fault("x: {}"),
            "unknown key `x` (known are dataplane, model, kubernetes, detection, output, http or "
            "control)");
  EXPECT_EQ(only_fault("[a]"), "a configuration is a list of sections (begin with `dataplane:`)");
  EXPECT_EQ(only_fault("model: [a]"),
            "model: a section is expected, here is a list "
            "(write `model:` and its keys indented below)");
}

TEST(ApplianceConfig, ReadsWhatTheDetectorsAreNotToReport) {
  config::Diagnostics diagnostics;
  const auto read = read_appliance_config(
      "detection:\n"
      "  suppress:\n"
      "    - {detector: beacon, source: front-end, target: 203.0.113.0/24, port: 443,\n"
      "       until: 2026-12-31T12:00:00Z, reason: telemetry}\n"
      "    - {target: user-db, until: 2027-01-01, reason: audit}\n",
      "f", diagnostics);
  ASSERT_TRUE(read.has_value()) << diagnostics.render();
  const auto all = read->detection.suppressions();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].detector, "beacon");
  EXPECT_EQ(all[0].source, "front-end");
  EXPECT_EQ(all[0].target, "203.0.113.0/24");
  EXPECT_EQ(all[0].port, 443);
  EXPECT_EQ(all[0].until_ns, 1'798'718'400 * kNsPerSecond);
  EXPECT_EQ(all[0].reason, "telemetry");
  EXPECT_EQ(all[1].detector, "") << "any detector";
  EXPECT_EQ(all[1].until_ns, 1'798'761'600 * kNsPerSecond);
}

TEST(ApplianceConfig, ASuppressionSaysWhoUntilWhenAndWhy) {
  const auto fault = [](const std::string& element) {
    return only_fault("detection: {suppress: [" + element + "]}");
  };
  EXPECT_EQ(fault("{until: 2026-12-31, reason: x}"),
            "detection.suppress[]: neither source nor target is given "
            "(name one; a detector as a whole cannot be silenced)");
  EXPECT_EQ(fault("{source: a, until: soon, reason: x}"),
            "detection.suppress[].until is no date (write 2026-12-31 or 2026-12-31T12:00:00Z)");
  EXPECT_EQ(fault("{source: a, until: 2026-12-31}"),
            "detection.suppress[].reason is missing (say why this is no attack)");
  const std::string edge = "{detector: exfiltration, until: 2026-12-31, reason: x, ";
  for (const char* const ends :
       {"source: user-db}", "target: outside}", "source: a/b, target: c}",
        "source: a, target: 10.0.0.1}", "source: a, target: 10.0.0.0/8}"}) {
    EXPECT_EQ(fault(edge + ends),
              "detection.suppress[]: exfiltration is allowed for an edge between two services "
              "(give the services' names as source and target, or outside)");
  }
  EXPECT_EQ(fault(edge + "source: a, target: b, port: 1}"),
            "detection.suppress[].port: an edge between services has all ports (leave it out)");
  EXPECT_EQ(fault("{source: a, sorce: b, until: 2026-12-31, reason: x}"),
            "detection.suppress[]: unknown key `sorce` (did you mean `source`?)");
  EXPECT_EQ(faults("detection:\n"
                   "  suppress:\n"
                   "    - source: a\n"
                   "      until: 2026-02-30\n"
                   "      reason: x\n"),
            "mimir.yaml:4:14: error: detection.suppress[].until is no date\n"
            "  4 |       until: 2026-02-30\n"
            "    |              ^\n"
            "  hint: write 2026-12-31 or 2026-12-31T12:00:00Z\n");
}

/// The keys of a dump with what `tell` says of each.
template <class Tell>
std::map<std::string, std::string> dumped(const std::string& yaml, Tell&& tell) {
  config::Diagnostics diagnostics;
  const auto dump = dump_appliance_config(yaml, "f.yaml", diagnostics);
  EXPECT_NE(dump, nullptr) << diagnostics.render();
  std::map<std::string, std::string> told;
  if (dump == nullptr) return told;
  for (const config::EffectiveKey& key : dump->keys) {
    EXPECT_TRUE(told.emplace(key.key, tell(key)).second) << key.key << " is there twice";
  }
  return told;
}

std::string value_of(const config::EffectiveKey& key) { return key.value; }

std::string line_of(const config::EffectiveKey& key) {
  return key.node == nullptr ? "default" : std::to_string(key.node->place.line);
}

TEST(ApplianceConfig, ADumpOfNothingHasEveryKeyAtItsDefault) {
  std::map<std::string, std::string> defaults;
  for (const config::SectionText& section : section_texts()) {
    for (const config::KeyText& key : section.keys) {
      const bool is_element = key.key.find("[]") != std::string::npos;
      if (!is_element && key.type != "section") {
        defaults[section.name + '.' + key.key] = key.default_value;
      }
    }
  }
  EXPECT_GT(defaults.size(), 50U);
  EXPECT_EQ(dumped("", value_of), defaults);
  for (const auto& [key, line] : dumped("", line_of)) EXPECT_EQ(line, "default") << key;
}

TEST(ApplianceConfig, ADumpSaysWhatIsInForceAndWhereItIsWritten) {
  const std::string yaml =
      "dataplane:\n"                                   // 1
      "  ports:\n"                                     // 2
      "    - {device: \"net_af_packet0,iface=m0\"}\n"  // 3
      "    - device: \"0000:3b:00.0\"\n"               // 4
      "      queues: 4\n"                              // 5
      "  lateness: 5000ms\n"                           // 6
      "  vxlan_ports: [4789]\n"                        // 7
      "  payload: {look: applications}\n"              // 8
      "output: {log_level: info, sinks: [{name: siem, to: "
      "\"syslog+udp://10.0.0.1:514\"}], spool: s}\n";  // 9
  const auto values = dumped(yaml, value_of);
  const auto lines = dumped(yaml, line_of);
  const auto expect = [&](const char* key, const char* value, const char* line) {
    ASSERT_TRUE(values.contains(key)) << key;
    EXPECT_EQ(values.at(key), value) << key;
    EXPECT_EQ(lines.at(key), line) << key;
  };
  expect("dataplane.ports[0].device", "\"net_af_packet0,iface=m0\"", "3");
  expect("dataplane.ports[0].queues", "1", "default");
  expect("dataplane.ports[1].queues", "4", "5");
  expect("dataplane.lateness", "5s", "6");
  expect("dataplane.vxlan_ports", "[4789]", "7");
  expect("dataplane.payload.look", "applications", "8");
  expect("dataplane.payload.packets", values.at("dataplane.payload.packets").c_str(), "default");
  expect("output.log_level", "info", "9");  // written, though it is the default
  expect("output.sinks[0].to", "\"syslog+udp://10.0.0.1:514\"", "9");
  EXPECT_FALSE(values.contains("dataplane.ports"));
  config::Diagnostics diagnostics;
  EXPECT_EQ(dump_appliance_config("dataplane: 7", "f.yaml", diagnostics), nullptr);
}

// What is dumped can be written: it reads back as the same.
TEST(ApplianceConfig, AValueOfADumpIsTheValueThatWasRead) {
  for (const auto& [key, value] : dumped("", value_of)) {
    const std::size_t dot = key.find('.');
    if (key.find('.', dot + 1) != std::string::npos) continue;
    const std::string yaml =
        key.substr(0, dot) + ":\n  " + key.substr(dot + 1) + ": " + value + "\n";
    EXPECT_EQ(dumped(yaml, value_of), dumped("", value_of)) << yaml;
    EXPECT_EQ(dumped(yaml, line_of).at(key), "2") << yaml;
  }
}

TEST(ApplianceConfig, ReadsEveryProfile) {
  std::set<std::string> names;
  for (const auto& file :
       std::filesystem::directory_iterator(MIMIR_SOURCE_DIR "/config/profiles")) {
    const std::string name = "profiles/" + file.path().filename().string();
    config::Diagnostics diagnostics;
    const auto read = read_appliance_config(shipped(name.c_str()), name, diagnostics);
    ASSERT_TRUE(read.has_value()) << diagnostics.render();
    names.insert(file.path().stem().string());
    // The sums in its comments are by these.
    const DataplaneConfig& dataplane = read->dataplane;
    EXPECT_EQ(dataplane.ipv6_flow_count_max * 4, dataplane.flow_count_max) << name;
    EXPECT_EQ(dataplane.ring_record_count * 16, dataplane.flow_count_max) << name;
    EXPECT_EQ(dataplane.ports.size(), 1U) << name;
    EXPECT_NE(read->control.socket, "") << name;
    EXPECT_NE(read->output.history, "") << name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"100g", "10g", "lab", "node"}));
}

TEST(ApplianceConfig, ExplainsEveryKey) {
  const auto sections = section_texts();
  ASSERT_EQ(sections.size(), 7U);
  for (const config::SectionText& section : sections) {
    EXPECT_GT(section.help.size(), 20U) << section.name;
    EXPECT_FALSE(section.keys.empty()) << section.name;
    for (const config::KeyText& key : section.keys) {
      EXPECT_GT(key.help.size(), 20U) << key.key;
      EXPECT_EQ(key.help.back(), '.') << key.key;
      // A number without a unit is one that counts nothing: the seed and a port.
      const bool is_countless = key.key == "hash_seed" || key.key == "suppress[].port";
      EXPECT_EQ(key.unit.empty(), key.type != "whole number" || is_countless) << key.key;
      EXPECT_FALSE(key.default_value.empty()) << key.key;
    }
  }
}

TEST(ApplianceConfig, IsShippedAsItIs) {
  EXPECT_TRUE(shipped("mimir.yaml") == config::to_default_yaml(section_texts()))
      << "config/mimir.yaml is out of date: mimir check --print-default > config/mimir.yaml";
  EXPECT_TRUE(shipped("reference.md") == config::to_markdown(section_texts()))
      << "config/reference.md is out of date: mimir check --print-reference > config/reference.md";
}

}  // namespace
}  // namespace mimir::controlplane
