// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/json.h"
#include "config/section.h"

namespace mimir::experiment {

/// An application that is simulated, and what is stolen from it.
struct Application {
  std::string app = "sock-shop";
  std::string topology{};  ///< a document's file, instead of `app`
  std::string sensitive = "user-db";
  std::vector<std::string> mixes{};  ///< of users' actions in held-out runs, as --mix reads them

  [[nodiscard]] const std::string& name() const { return topology.empty() ? app : topology; }
};

/// What is varied from one experiment to the next. Training is at the load and mix of
/// everyday; held-out runs have other seeds, loads and mixes.
struct Plan {
  std::vector<Application> applications{};
  std::vector<std::uint64_t> seeds = {1, 2, 3};
  std::vector<std::uint64_t> load_percents = {100, 40, 70, 130, 160};
  std::vector<std::uint64_t> training_minutes = {60};
  std::uint32_t held_out_minutes = 60;
  std::uint32_t users = 60;
  std::string load = "normal";
  std::string rates = "10,1,0.1,0.05,0.01";
  std::uint32_t injection_seeds = 3;
  bool is_full = false;
};

/// One model and one held-out run. Equal settings give equal results.
struct Settings {
  std::string app;
  std::string topology;
  std::string sensitive;
  std::uint64_t seed = 0;
  std::uint64_t training_minutes = 0;
  std::uint64_t load_percent = 100;
  std::string mix;  ///< empty: as in training
  std::uint32_t held_out_minutes = 0;
  std::uint32_t users = 0;
  std::string load;
  std::string rates;
  std::uint32_t injection_seeds = 0;

  [[nodiscard]] const std::string& application() const { return topology.empty() ? app : topology; }
  friend bool operator==(const Settings&, const Settings&) = default;
};

/// The keys of a plan.
[[nodiscard]] config::Section<Plan> plan_section();

/// Reads a plan, a YAML document; what is wrong is reported, all of it, at its place.
[[nodiscard]] std::optional<Plan> read_plan(std::string_view text, std::string_view file,
                                            config::Diagnostics& diagnostics);

/// The experiments of a plan, each once. With `full` all combinations; else one list at a time
/// is varied while the others stay at their first element.
[[nodiscard]] std::vector<Settings> experiments_of(const Plan& plan);

/// The members by which a model differs, and all of them: what a content hash is made of.
[[nodiscard]] config::Json training_json(const Settings& settings);
[[nodiscard]] config::Json to_json(const Settings& settings);
/// The settings that to_json() wrote; nothing if these are none.
[[nodiscard]] std::optional<Settings> settings_of(const config::Json& json);

}  // namespace mimir::experiment
