// SPDX-License-Identifier: Apache-2.0
#include "tools/appliance.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "controlplane/privileges.h"
#include "model/analysis/model_invariants.h"
#include "model/learn/digest.h"
#include "model/learn/model_file.h"
#include "tools/hash_secret.h"
#include "tools/model_shelf.h"
#include "tools/payload_options.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

source::HugePages to_huge_pages(const std::string& word) {
  if (word == "require") return source::HugePages::kRequire;
  return word == "never" ? source::HugePages::kNever : source::HugePages::kAuto;
}

flow::HashSecret make_secret(std::uint64_t seed) {
  if (seed != 0) return hash_secret_of(seed);
  std::random_device device;
  const auto draw = [&device] { return std::uint64_t{device()} << 32 | device(); };
  return {.first = draw() | 1, .second = draw() | 1};
}

void check_start(const std::string& path, const Appliance& appliance, bool is_replay,
                 config::Diagnostics& diagnostics) {
  const std::string& user = appliance.config.dataplane.run_as;
  if (!user.empty() && !controlplane::is_user(user)) {
    diagnostics.error({.file = path}, fmt::format("dataplane.run_as: there is no user {}", user),
                      fmt::format("useradd --system {}", user));
  }
  if (is_replay || !appliance.config.dataplane.ports.empty()) return;
  diagnostics.error({.file = path}, "dataplane.ports names no port to listen on",
                    "write ports: [{device: \"net_af_packet0,iface=mirror0\"}]");
}

// A candidate that cannot judge keeps nobody from starting.
std::optional<Candidate> usable_candidate(const std::string& config_path,
                                          const Appliance& appliance,
                                          config::Diagnostics& diagnostics) {
  config::Diagnostics faults;
  auto candidate =
      load_candidate(config_path, appliance.config, appliance.context->observation.point, faults);
  if (candidate) {
    (void)invariant::Registry::build(*appliance.context->cluster, candidate->invariants, faults);
  }
  for (const config::Diagnostic& fault : faults.all()) {
    diagnostics.warning(fault.place, "the candidate does not judge: " + fault.message, fault.hint);
  }
  if (faults.has_errors()) return std::nullopt;
  return candidate;
}

}  // namespace

void apply_thresholds(const std::string& config_path,
                      const std::vector<ThresholdConfig>& thresholds, learn::Model& model,
                      config::Diagnostics& diagnostics) {
  for (const ThresholdConfig& each : thresholds) {
    const auto found = std::find_if(
        model.granularities.begin(), model.granularities.end(), [&](const auto& granularity) {
          return granularity.granularity_s * kNsPerSecond == each.granularity_ns;
        });
    if (found == model.granularities.end()) {
      diagnostics.error({.file = config_path},
                        fmt::format("detection.thresholds names windows of {} s, which the model "
                                    "does not judge",
                                    each.granularity_ns / kNsPerSecond),
                        "mimir inspect shows the model's granularities");
    } else if (model.combination && std::next(found) == model.granularities.end()) {
      model.combination->threshold = each.threshold;
    } else {
      found->threshold = each.threshold;
    }
  }
}

void check_model(const std::string& config_path, const controlplane::ApplianceConfig& config,
                 const learn::ModelContext& trained, config::Diagnostics& diagnostics) {
  if (trained.base_window_ns != config.dataplane.base_window_ns) {
    diagnostics.error({.file = config_path},
                      fmt::format("dataplane.base_window is {} s, the model was trained with {} s",
                                  config.dataplane.base_window_ns / kNsPerSecond,
                                  trained.base_window_ns / kNsPerSecond),
                      "give both the same, or train a model for this window");
  }
  if (trained.observation != config.model.observation) {
    diagnostics.error({.file = config_path},
                      fmt::format("model.observation is {}, the model was trained at {}",
                                  config.model.observation, trained.observation),
                      "a model judges only what it was trained to see");
  }
}

LiveOptions Appliance::live_options() const {
  const DataplaneConfig& from = config.dataplane;
  LiveOptions options;
  options.eal.file_prefix = from.file_prefix;
  options.eal.huge_pages = to_huge_pages(from.huge_pages);
  for (const PortConfig& port : from.ports) {
    options.ports.push_back({.device = port.device,
                             .queue_count = port.queues,
                             .rx_descriptor_count = from.rx_descriptors});
    // A virtual device has a name with an underscore, a PCI address has none.
    if (port.device.find('_') == std::string::npos) options.eal.pci_devices.push_back(port.device);
  }
  options.ring_record_count = from.ring_record_count;
  options.worker = {
      .window_ns = from.base_window_ns,
      .lateness_ns = from.lateness_ns,
      .flow_count_max = from.flow_count_max,
      .ipv6_flow_count_max = from.ipv6_flow_count_max,
      .secret = make_secret(from.hash_seed),
      .dissect = {.ports = wire::TunnelPorts(from.vxlan_ports),
                  .tunnel_depth_max = from.tunnel_depth_max,
                  .network_mask = from.is_network_in_key ? wire::DissectOptions::kNetworkBits : 0},
      .duplicate_distance_ns = from.duplicate_distance_ns,
      .ring_full = RingFull::kLose};
  if (signatures != nullptr) {
    options.ring_fact_count = from.payload.ring_fact_count;
    options.worker.window_fact_count_max = from.payload.window_fact_count_max;
    options.worker.inspection = signatures->lend({.look_count_max = from.payload.packets,
                                                  .byte_count_max = from.payload.bytes,
                                                  .keeps_samples = from.payload.has_samples});
  }
  return options;
}

std::optional<invariant::Registry> Appliance::make_registry(const ClusterContext& of) const {
  config::Diagnostics ignored;
  return invariant::Registry::build(*of.cluster, invariants, ignored);
}

analysis::Analyzer Appliance::make_analyzer(analysis::Analyzer::Sink sink) const {
  return {*context->cluster, context->observation, *make_registry(*context), model,
          std::move(sink)};
}

std::optional<ModelWithDigest> load_model(const std::string& path,
                                          config::Diagnostics& diagnostics) {
  const std::optional<std::string> text =
      read_text_file(path, diagnostics, "mimir train makes one of a capture and its entities");
  if (!text) return std::nullopt;
  std::optional<learn::Model> model = learn::read_model(*text, path, diagnostics);
  if (!model) return std::nullopt;
  return ModelWithDigest{.model = std::move(*model), .digest = learn::sha256_hex(*text)};
}

std::optional<Candidate> load_candidate(const std::string& config_path,
                                        const controlplane::ApplianceConfig& config,
                                        graph::Observation observation,
                                        config::Diagnostics& diagnostics) {
  const std::string path = ModelShelf(config.model.file).candidate();
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  const std::size_t errors_before = diagnostics.error_count();
  auto loaded = load_model(path, diagnostics);
  if (!loaded) return std::nullopt;
  apply_thresholds(config_path, config.detection.thresholds, loaded->model, diagnostics);
  check_model(config_path, config, loaded->model.context, diagnostics);
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  invariant::Options invariants = analysis::invariants_of(loaded->model.context, observation);
  return Candidate{.loaded = std::move(*loaded), .invariants = std::move(invariants)};
}

std::optional<Appliance> load_settings(const std::string& config_path,
                                       config::Diagnostics& diagnostics) {
  const std::optional<std::string> text = read_text_file(config_path, diagnostics);
  if (!text) return std::nullopt;
  auto config = controlplane::read_appliance_config(*text, config_path, diagnostics);
  if (!config) return std::nullopt;
  Appliance appliance;
  appliance.config = std::move(*config);
  const PayloadConfig& payload = appliance.config.dataplane.payload;
  appliance.signatures = compile_signatures(
      {.depth = payload.look, .rule_files = payload.rules, .cache_folder = payload.cache},
      diagnostics);
  return appliance;
}

std::optional<Appliance> load_appliance(const std::string& config_path,
                                        const source::CaptureSet* replay,
                                        config::Diagnostics& diagnostics) {
  auto settings = load_settings(config_path, diagnostics);
  if (!settings) return std::nullopt;
  Appliance appliance = std::move(*settings);
  auto model = load_model(appliance.config.model.file, diagnostics);
  if (replay != nullptr) {
    appliance.fixed_context = load_cluster(appliance.config.model, replay->first_ns(), diagnostics);
    appliance.context = appliance.fixed_context.get();
  } else {
    appliance.cluster = LiveCluster::open(appliance.config, diagnostics);
    if (appliance.cluster != nullptr) appliance.context = &appliance.cluster->context();
  }
  if (!model || appliance.context == nullptr || diagnostics.has_errors()) return std::nullopt;
  appliance.model = std::move(model->model);
  appliance.model_digest = std::move(model->digest);
  appliance.invariants =
      analysis::invariants_of(appliance.model.context, appliance.context->observation.point);
  apply_thresholds(config_path, appliance.config.detection.thresholds, appliance.model,
                   diagnostics);
  check_model(config_path, appliance.config, appliance.model.context, diagnostics);
  check_start(config_path, appliance, replay != nullptr, diagnostics);
  (void)invariant::Registry::build(*appliance.context->cluster, appliance.invariants, diagnostics);
  appliance.candidate = usable_candidate(config_path, appliance, diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  return appliance;
}

}  // namespace mimir::tools
