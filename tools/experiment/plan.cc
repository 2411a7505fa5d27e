// SPDX-License-Identifier: Apache-2.0
#include "tools/experiment/plan.h"

#include <algorithm>

#include "config/json_member.h"
#include "config/yaml_document.h"

namespace mimir::experiment {
namespace {

constexpr std::uint64_t kSeedMax = 1'000'000;

config::Section<Application> application_section() {
  using C = Application;
  config::Section<C> section("applications[]");
  section.text("app", &C::app, "A built-in application: sock-shop, wordpress or hipster-store.")
      .text("topology", &C::topology, "A topology document's file instead, as --topology reads it.")
      .text("sensitive", &C::sensitive, "The service that holds the data.")
      .text_list("mixes", &C::mixes,
                 "What users do in held-out runs beside what they do in training: "
                 "\"buy=0.3,browse=0.7\".");
  return section;
}

}  // namespace

config::Section<Plan> plan_section() {
  using C = Plan;
  config::Section<C> section("plan");
  section.list_of("applications", &C::applications, application_section(), "What is simulated.")
      .integer_list("seeds", &C::seeds, 100,
                    {.min = 1,
                     .max = kSeedMax,
                     .unit = "",
                     .help = "Each is a model of its own and a held-out run of its own."})
      .integer_list("load_percents", &C::load_percents, 100,
                    {.min = 1,
                     .max = 10'000,
                     .unit = "percent",
                     .help = "The load of held-out runs, of that in training."})
      .integer_list("training_minutes", &C::training_minutes, 100,
                    {.min = 20,
                     .max = 10'000,
                     .unit = "minutes",
                     .help = "How much traffic a model is learned from."})
      .integer("held_out_minutes", &C::held_out_minutes,
               {.min = 10,
                .max = 10'000,
                .unit = "minutes",
                .help = "How much traffic each is judged on."})
      .integer(
          "users", &C::users,
          {.min = 1, .max = 100'000, .unit = "users", .help = "Where the load of training peaks."})
      .choice("load", &C::load, {"normal", "bursty", "viral", "cybermonday", "steady"},
              "How the load runs over the time.")
      .text("rates", &C::rates, "Thefts to inject, MB a minute, as --rates of evaluate reads them.")
      .integer("injection_seeds", &C::injection_seeds,
               {.min = 1,
                .max = 100,
                .unit = "",
                .help = "How often thefts of a rate are placed anew in a held-out run."})
      .boolean("full", &C::is_full,
               "All combinations; else one list is varied while the others stay at their first.")
      .require(
          "applications", [](const C& c) { return !c.applications.empty(); },
          "plan.applications names none",
          "write `applications: [{app: sock-shop, sensitive: "
          "user-db}]`");
  return section;
}

std::optional<Plan> read_plan(std::string_view text, std::string_view file,
                              config::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  const auto node = config::parse_yaml(text, file, diagnostics);
  if (!node) return std::nullopt;
  Plan plan = plan_section().read(*node, diagnostics);
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return plan;
}

std::vector<Settings> experiments_of(const Plan& plan) {
  std::vector<Settings> all;
  for (const Application& application : plan.applications) {
    std::vector<std::string> mixes = {""};
    mixes.insert(mixes.end(), application.mixes.begin(), application.mixes.end());
    for (const std::uint64_t seed : plan.seeds) {
      for (const std::uint64_t minutes : plan.training_minutes) {
        for (const std::uint64_t percent : plan.load_percents) {
          for (const std::string& mix : mixes) {
            const int varied = (minutes != plan.training_minutes.front() ? 1 : 0) +
                               (percent != plan.load_percents.front() ? 1 : 0) +
                               (mix.empty() ? 0 : 1);
            if (varied > 1 && !plan.is_full) continue;
            Settings settings{.app = application.topology.empty() ? application.app : "",
                              .topology = application.topology,
                              .sensitive = application.sensitive,
                              .seed = seed,
                              .training_minutes = minutes,
                              .load_percent = percent,
                              .mix = mix,
                              .held_out_minutes = plan.held_out_minutes,
                              .users = plan.users,
                              .load = plan.load,
                              .rates = plan.rates,
                              .injection_seeds = plan.injection_seeds};
            if (std::find(all.begin(), all.end(), settings) == all.end()) {
              all.push_back(std::move(settings));
            }
          }
        }
      }
    }
  }
  return all;
}

config::Json training_json(const Settings& settings) {
  config::Json json = config::Json::object();
  json.set("app", settings.app)
      .set("topology", settings.topology)
      .set("sensitive", settings.sensitive)
      .set("seed", settings.seed)
      .set("training_minutes", settings.training_minutes)
      .set("users", settings.users)
      .set("load", settings.load);
  return json;
}

config::Json to_json(const Settings& settings) {
  config::Json json = training_json(settings);
  json.set("load_percent", settings.load_percent)
      .set("mix", settings.mix)
      .set("held_out_minutes", settings.held_out_minutes)
      .set("rates", settings.rates)
      .set("injection_seeds", settings.injection_seeds);
  return json;
}

std::optional<Settings> settings_of(const config::Json& json) {
  if (json.members() == nullptr || json.find("load_percent") == nullptr) return std::nullopt;
  return Settings{
      .app = config::text_of(json, "app"),
      .topology = config::text_of(json, "topology"),
      .sensitive = config::text_of(json, "sensitive"),
      .seed = config::count_of(json, "seed"),
      .training_minutes = config::count_of(json, "training_minutes"),
      .load_percent = config::count_of(json, "load_percent"),
      .mix = config::text_of(json, "mix"),
      .held_out_minutes = static_cast<std::uint32_t>(config::count_of(json, "held_out_minutes")),
      .users = static_cast<std::uint32_t>(config::count_of(json, "users")),
      .load = config::text_of(json, "load"),
      .rates = config::text_of(json, "rates"),
      .injection_seeds = static_cast<std::uint32_t>(config::count_of(json, "injection_seeds"))};
}

}  // namespace mimir::experiment
