// SPDX-License-Identifier: Apache-2.0
#include "tools/reload.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "model/analysis/model_invariants.h"
#include "tools/payload_options.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

constexpr std::array<std::string_view, 5> kReloadable = {
    "model.file", "detection.suppress", "detection.thresholds", "dataplane.payload.rules",
    "output.log_level"};

void refuse_fixed_keys(const std::string& path, const controlplane::ApplianceConfig& running,
                       const controlplane::ApplianceConfig& next,
                       config::Diagnostics& diagnostics) {
  for (const std::string& key : controlplane::changed_keys(running, next)) {
    if (std::ranges::find(kReloadable, key) != kReloadable.end()) continue;
    diagnostics.error({.file = path}, key + " has changed, and is fixed while the appliance runs",
                      "restart it, or take back the change");
  }
}

}  // namespace

std::optional<Reload> read_reload(const std::string& config_path,
                                  const controlplane::ApplianceConfig& running,
                                  graph::Observation observation,
                                  config::Diagnostics& diagnostics) {
  const std::optional<std::string> text = read_text_file(config_path, diagnostics);
  if (!text) return std::nullopt;
  auto config = controlplane::read_appliance_config(*text, config_path, diagnostics);
  if (!config) return std::nullopt;
  refuse_fixed_keys(config_path, running, *config, diagnostics);
  auto model = load_model(config->model.file, diagnostics);
  if (model) {
    apply_thresholds(config_path, config->detection.thresholds, model->model, diagnostics);
    check_model(config_path, *config, model->model.context, diagnostics);
  }
  auto candidate = load_candidate(config_path, *config, observation, diagnostics);
  const PayloadConfig& payload = config->dataplane.payload;
  std::unique_ptr<const payload::Signatures> signatures;
  if (payload.look == "rules") {
    signatures = compile_signatures(
        {.depth = payload.look, .rule_files = payload.rules, .cache_folder = payload.cache},
        diagnostics);
  }
  if (!model || diagnostics.has_errors()) return std::nullopt;
  const invariant::Options invariants = analysis::invariants_of(model->model.context, observation);
  return Reload{.config = std::move(*config),
                .model = std::move(*model),
                .invariants = invariants,
                .candidate = std::move(candidate),
                .signatures = std::move(signatures)};
}

Reloader::Reloader(controlplane::ReloadDesk& desk, Read read)
    : desk_(desk),
      read_(std::move(read)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

std::optional<Reload> Reloader::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(ready_, std::nullopt);
}

void Reloader::work(const std::stop_token& stop) {
  while (desk_.wait_for_request(stop)) {
    config::Diagnostics diagnostics;
    std::optional<Reload> read = read_(diagnostics);
    if (!read) {
      desk_.tell(controlplane::ReloadPhase::kRefused, diagnostics.render());
      continue;
    }
    desk_.tell(controlplane::ReloadPhase::kWaiting, diagnostics.render());
    const std::scoped_lock lock(mutex_);
    ready_ = std::move(read);
  }
}

}  // namespace mimir::tools
