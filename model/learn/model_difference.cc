// SPDX-License-Identifier: Apache-2.0
#include "model/learn/model_difference.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "model/learn/model_json.h"

namespace mimir::learn {

namespace {

using config::Json;

/// What goes by a name, and all else that is known of it, as text.
using Facts = std::map<std::string, std::string>;

Json array_of(const std::vector<std::string>& texts) {
  Json array = Json::array();
  for (const std::string& text : texts) array.push(text);
  return array;
}

Json array_of(const std::vector<double>& numbers) {
  Json array = Json::array();
  for (const double number : numbers) array.push(number);
  return array;
}

std::string edge_name(const std::string& source, const std::string& target,
                      std::uint32_t granularity_s) {
  return source + " -> " + target + " in " + std::to_string(granularity_s) + " s";
}

// A number of the protocol's or port's own: 0 stands for any.
std::string number_text(std::uint32_t number) {
  return number == 0 ? "any" : std::to_string(number);
}

Facts captures_of(const ModelContext& context) {
  Facts facts;
  for (const CaptureOrigin& each : context.created_from.captures) {
    facts[each.name + " " + each.digest] = each.windows;
  }
  return facts;
}

Facts services_of(const ModelContext& context) {
  Facts facts;
  for (const std::string& service : context.services) facts[service];
  return facts;
}

Facts edges_of(const ModelContext& context) {
  Facts facts;
  for (const EdgeBaseline& edge : context.edges) {
    facts[edge_name(edge.source, edge.destination, edge.granularity_s)] =
        config::to_text(to_json(edge));
  }
  return facts;
}

Facts networks_of(const ModelContext& context) {
  Facts facts;
  for (const ServiceNetworks& known : context.destinations) {
    if (known.networks.empty()) facts[known.service + " -> none"];
    for (const std::string& network : known.networks) facts[known.service + " -> " + network];
  }
  return facts;
}

Facts pairs_of(const ModelContext& context) {
  Facts facts;
  for (const AllowedPair& pair : context.contacts.pairs) {
    facts[pair.client + " -> " + pair.server + " port " + number_text(pair.port) + " protocol " +
          number_text(pair.protocol)] = std::to_string(pair.contact_count);
  }
  return facts;
}

Facts priors_of(const ModelContext& context) {
  Facts facts;
  for (const ContactPrior& prior : context.contacts.priors) {
    facts[prior.service] = std::to_string(prior.opened_count) + ' ' +
                           std::to_string(prior.failed_count) + ' ' +
                           std::to_string(prior.server_count);
  }
  return facts;
}

Facts habits_of(const ModelContext& context) {
  Facts facts;
  for (const Habit& habit : context.contacts.habits) {
    facts[habit.detector + " by " + habit.source + " to " +
          (habit.target.empty() ? "anybody" : habit.target) + " port " + number_text(habit.port)];
  }
  return facts;
}

Facts pod_laws_of(const ModelContext& context) {
  Facts facts;
  for (const PodLaw& law : context.pod_laws) {
    facts[edge_name(law.source, law.target, law.granularity_s)] = config::to_text(to_json(law));
  }
  return facts;
}

NameChange compare(std::string_view what, const Facts& before, const Facts& after) {
  NameChange change{.what = what, .gone = {}, .added = {}, .changed = {}};
  for (const auto& [name, figures] : before) {
    const auto other = after.find(name);
    if (other == after.end()) {
      change.gone.push_back(name);
    } else if (other->second != figures) {
      change.changed.push_back(name);
    } else {
      ++change.same_count;
    }
  }
  for (const auto& [name, figures] : after) {
    if (!before.contains(name)) change.added.push_back(name);
  }
  return change;
}

std::vector<NameChange> compare_names(const ModelContext& before, const ModelContext& after) {
  std::vector<NameChange> changes;
  const auto add = [&](std::string_view what, Facts (*facts_of)(const ModelContext&)) {
    changes.push_back(compare(what, facts_of(before), facts_of(after)));
  };
  add("captures", captures_of);
  add("services", services_of);
  add("edges", edges_of);
  add("networks outside", networks_of);
  add("pairs that connect", pairs_of);
  add("priors of first contacts", priors_of);
  add("habits", habits_of);
  add("laws of pods", pod_laws_of);
  return changes;
}

/// Settings in one order; what is equal is left out.
class Settings {
 public:
  explicit Settings(std::vector<SettingChange>& changes) : changes_(changes) {}

  Settings& add(std::string_view name, Json before, Json after) {
    if (config::to_text(before) != config::to_text(after)) {
      changes_.push_back({.name = name, .before = std::move(before), .after = std::move(after)});
    }
    return *this;
  }

 private:
  std::vector<SettingChange>& changes_;
};

void compare_context(const ModelContext& before, const ModelContext& after, Settings settings) {
  const Provenance& from = before.created_from;
  const Provenance& to = after.created_from;
  settings.add("name", before.name, after.name)
      .add("observation", before.observation, after.observation)
      .add("base window, ns", before.base_window_ns, after.base_window_ns)
      .add("sensitive service", before.sensitive_service, after.sensitive_service)
      .add("columns as the prototype's", before.is_prototype, after.is_prototype)
      .add("runs", array_of(from.runs), array_of(to.runs))
      .add("windows learned from", from.window_count, to.window_count)
      .add("seed", from.seed, to.seed)
      .add("rates of thefts, bytes/min", array_of(from.rates_bytes_per_minute),
           array_of(to.rates_bytes_per_minute));
}

void compare_combination(const std::optional<Combination>& before,
                         const std::optional<Combination>& after, Settings settings) {
  const auto both = [&](auto&& value) {
    return std::pair{before ? value(*before) : Json(), after ? value(*after) : Json()};
  };
  const auto add = [&](std::string_view name, auto&& value) {
    auto [from, to] = both(value);
    settings.add(name, std::move(from), std::move(to));
  };
  add("combined threshold", [](const Combination& each) { return Json(each.threshold); });
  add("combined intercept", [](const Combination& each) { return Json(each.intercept); });
  add("combined weights", [](const Combination& each) { return array_of(each.weights); });
  add("combined alpha", [](const Combination& each) { return Json(each.alpha); });
  add("combined training", [](const Combination& each) { return to_json(each.training); });
}

void compare_settings(const GranularityModel& before, const GranularityModel& after,
                      Settings settings) {
  settings.add("threshold", before.threshold, after.threshold)
      .add("intercept", before.intercept, after.intercept)
      .add("alpha", before.alpha, after.alpha)
      .add("z limit", before.z_limit, after.z_limit)
      .add("training", to_json(before.training), to_json(after.training));
}

std::map<std::string, const Feature*> by_name(const GranularityModel* model) {
  std::map<std::string, const Feature*> features;
  if (model == nullptr) return features;
  for (const Feature& feature : model->features) features[feature.name] = &feature;
  return features;
}

void compare_features(const GranularityModel* before, const GranularityModel* after,
                      GranularityDifference& result) {
  const auto from = by_name(before);
  const auto to = by_name(after);
  for (const auto& [name, feature] : from) {
    const auto other = to.find(name);
    if (other == to.end()) {
      result.features.push_back({.name = name, .before = *feature, .after = {}});
    } else if (*other->second == *feature) {
      ++result.same_feature_count;
    } else {
      result.features.push_back({.name = name, .before = *feature, .after = *other->second});
    }
  }
  for (const auto& [name, feature] : to) {
    if (from.contains(name)) continue;
    result.features.push_back({.name = name, .before = {}, .after = *feature});
  }
  std::sort(result.features.begin(), result.features.end(), [](const auto& a, const auto& b) {
    const double size_a = std::abs(a.weight_change());
    const double size_b = std::abs(b.weight_change());
    return size_a != size_b ? size_a > size_b : a.name < b.name;
  });
}

std::vector<GranularityDifference> compare_granularities(const Model& before, const Model& after) {
  std::set<std::uint32_t> lengths;
  for (const Model* const model : {&before, &after}) {
    for (const GranularityModel& each : model->granularities) lengths.insert(each.granularity_s);
  }
  std::vector<GranularityDifference> all;
  for (const std::uint32_t granularity_s : lengths) {
    const GranularityModel* const from = before.find(granularity_s);
    const GranularityModel* const to = after.find(granularity_s);
    GranularityDifference& result = all.emplace_back();
    result.granularity_s = granularity_s;
    result.is_in_before = from != nullptr;
    result.is_in_after = to != nullptr;
    if (from != nullptr && to != nullptr) compare_settings(*from, *to, Settings(result.settings));
    compare_features(from, to, result);
  }
  return all;
}

double p99_ratio(const BaselineChange& change) {
  return std::abs(std::log((change.after.p99_bytes + 1) / (change.before.p99_bytes + 1)));
}

std::vector<BaselineChange> compare_baselines(const ModelContext& before,
                                              const ModelContext& after) {
  std::map<std::string, const EdgeBaseline*> known;
  for (const EdgeBaseline& edge : before.edges) {
    known[edge_name(edge.source, edge.destination, edge.granularity_s)] = &edge;
  }
  std::vector<BaselineChange> changes;
  for (const EdgeBaseline& edge : after.edges) {
    const auto found = known.find(edge_name(edge.source, edge.destination, edge.granularity_s));
    if (found == known.end() || *found->second == edge) continue;
    changes.push_back({.before = *found->second, .after = edge});
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const auto& a, const auto& b) { return p99_ratio(a) > p99_ratio(b); });
  return changes;
}

Json json_of(const std::vector<SettingChange>& settings) {
  Json list = Json::array();
  for (const SettingChange& each : settings) {
    list.push(
        Json::object().set("name", each.name).set("before", each.before).set("after", each.after));
  }
  return list;
}

Json json_of(const GranularityDifference& each) {
  Json features = Json::array();
  for (const FeatureChange& change : each.features) {
    features.push(Json::object()
                      .set("name", change.name)
                      .set("before", change.before ? to_json(*change.before) : Json())
                      .set("after", change.after ? to_json(*change.after) : Json()));
  }
  return Json::object()
      .set("granularity_s", each.granularity_s)
      .set("in_before", each.is_in_before)
      .set("in_after", each.is_in_after)
      .set("settings", json_of(each.settings))
      .set("same_features", std::uint64_t{each.same_feature_count})
      .set("features", std::move(features));
}

}  // namespace

double FeatureChange::weight_change() const {
  return (after ? after->weight : 0) - (before ? before->weight : 0);
}

bool ModelDifference::is_none() const {
  return settings.empty() &&
         std::all_of(names.begin(), names.end(),
                     [](const NameChange& each) { return each.is_none(); }) &&
         std::all_of(granularities.begin(), granularities.end(),
                     [](const GranularityDifference& each) {
                       return each.is_in_before && each.is_in_after && each.settings.empty() &&
                              each.features.empty();
                     });
}

ModelDifference difference(const Model& before, const Model& after) {
  ModelDifference result;
  compare_context(before.context, after.context, Settings(result.settings));
  compare_combination(before.combination, after.combination, Settings(result.settings));
  result.names = compare_names(before.context, after.context);
  result.baselines = compare_baselines(before.context, after.context);
  result.granularities = compare_granularities(before, after);
  return result;
}

Json to_json(const ModelDifference& difference) {
  Json names = Json::object();
  for (const NameChange& each : difference.names) {
    names.set(std::string(each.what), Json::object()
                                          .set("gone", array_of(each.gone))
                                          .set("added", array_of(each.added))
                                          .set("changed", array_of(each.changed))
                                          .set("same", std::uint64_t{each.same_count}));
  }
  Json baselines = Json::array();
  for (const BaselineChange& each : difference.baselines) {
    baselines.push(
        Json::object().set("before", to_json(each.before)).set("after", to_json(each.after)));
  }
  Json granularities = Json::array();
  for (const GranularityDifference& each : difference.granularities) {
    granularities.push(json_of(each));
  }
  return Json::object()
      .set("same", difference.is_none())
      .set("settings", json_of(difference.settings))
      .set("names", std::move(names))
      .set("baselines", std::move(baselines))
      .set("granularities", std::move(granularities));
}

}  // namespace mimir::learn
