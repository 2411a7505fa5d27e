// SPDX-License-Identifier: Apache-2.0
#include "model/learn/feature.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>

namespace mimir::learn {

namespace {

bool is_in(std::string_view column, std::span<const std::string> families) {
  const std::string_view family = column.substr(0, column.find('('));
  return std::find(families.begin(), families.end(), family) != families.end();
}

std::size_t position(std::span<const Feature> features, std::string_view name) {
  const auto found =
      std::lower_bound(features.begin(), features.end(), name,
                       [](const Feature& feature, std::string_view n) { return feature.name < n; });
  const bool is_found = found != features.end() && found->name == name;
  return is_found ? static_cast<std::size_t>(found - features.begin()) : features.size();
}

Law law_of(const FeatureTable& table, std::span<const std::size_t> rows, std::size_t column,
           std::size_t given) {
  std::vector<double> values;
  std::vector<double> others;
  for (const std::size_t row : rows) {
    if (std::isnan(table.at(row, column)) || std::isnan(table.at(row, given))) continue;
    values.push_back(table.at(row, column));
    others.push_back(table.at(row, given));
  }
  return fit_law(table.names()[given], values, others);
}

}  // namespace

std::vector<Feature> fit_features(const FeatureTable& table,
                                  std::span<const std::size_t> benign_rows, double iqr_min,
                                  std::span<const std::string> left_out) {
  std::vector<Feature> features;
  bool has_edges = false;
  for (RobustScaler::Column& column : RobustScaler::fit(table, benign_rows, iqr_min).columns) {
    const auto other = other_direction(column.name);
    has_edges = has_edges || other;
    if (is_in(column.name, left_out)) continue;
    Feature feature{.name = std::move(column.name), .spread = column.spread};
    const auto given = other ? table.find(*other) : std::nullopt;
    if (given) feature.law = law_of(table, benign_rows, column.table_column, *given);
    features.push_back(std::move(feature));
  }
  if (has_edges && !is_in(kFirstContact, left_out)) {
    features.push_back(
        {.name = std::string(kFirstContact), .spread = {.median = 0, .iqr = kContactIqr}});
  }
  std::sort(features.begin(), features.end(),
            [](const Feature& a, const Feature& b) { return a.name < b.name; });
  return features;
}

RowReader::RowReader(std::span<const Feature> features, std::span<const std::string> names,
                     double z_limit)
    : features_(features),
      z_limit_(z_limit),
      contact_(position(features, kFirstContact)),
      observed_(features.size()) {
  for (const std::string& name : names) {
    place_.push_back(position(features, name));
    is_outward_.push_back(is_outward(name));
    is_edge_.push_back(other_direction(name).has_value());
  }
  for (const Feature& feature : features) {
    given_.push_back(feature.law ? position(features, feature.law->given) : features.size());
  }
}

void RowReader::read(std::span<const double> values) {
  assert(values.size() == place_.size());
  std::fill(observed_.begin(), observed_.end(), std::numeric_limits<double>::quiet_NaN());
  unseen_.clear();
  double outward = 0;
  bool has_edges = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    has_edges = has_edges || is_edge_[i];
    if (place_[i] != features_.size()) {
      observed_[place_[i]] = values[i];
      continue;
    }
    unseen_.push_back(i);
    if (is_outward_[i]) outward += values[i];
  }
  if (has_edges && contact_ != features_.size()) observed_[contact_] = contact_value(outward);
}

double RowReader::expected(std::size_t feature) const {
  const Feature& what = features_[feature];
  if (!what.law || given_[feature] == features_.size()) return what.spread.median;
  return what.law->expected(observed_[given_[feature]]);
}

double RowReader::unit(std::size_t feature) const {
  const Feature& what = features_[feature];
  if (!what.law || given_[feature] == features_.size()) return what.spread.iqr;
  return what.law->unit(observed_[given_[feature]]);
}

double RowReader::z(std::size_t feature) const {
  const Feature& what = features_[feature];
  if (what.law && given_[feature] == features_.size()) return 0;
  const double z = what.law ? what.law->z(observed_[feature], observed_[given_[feature]])
                            : what.spread.z(observed_[feature]);
  return std::clamp(z, -z_limit_, z_limit_);
}

}  // namespace mimir::learn
