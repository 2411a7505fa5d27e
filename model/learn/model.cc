// SPDX-License-Identifier: Apache-2.0
#include "model/learn/model.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

namespace mimir::learn {

namespace {

void sort_contributions(std::vector<Contribution>& contributions) {
  std::sort(contributions.begin(), contributions.end(),
            [](const Contribution& a, const Contribution& b) {
              const double size_a = std::abs(a.contribution);
              const double size_b = std::abs(b.contribution);
              if (size_a != size_b) return size_a > size_b;
              return std::tie(a.feature, a.granularity_s) < std::tie(b.feature, b.granularity_s);
            });
}

// The score of `part` that speaks for it, if any has data.
std::optional<Loudest> loudest_of(const ScoresWithin& part) {
  std::optional<Loudest> loudest;
  for (std::size_t i = 0; i < part.scores.size(); ++i) {
    const Score& score = part.scores[i];
    if (score.no_data || (loudest && score.value <= loudest->value)) continue;
    loudest = Loudest{part.granularity_s, i, score.value};
  }
  return loudest;
}

void add_part(const Score& part, double weight, Score& sum) {
  sum.intercept += weight * part.intercept;
  sum.other += weight * part.other;
  sum.missing_count += part.missing_count;
  sum.unseen.insert(sum.unseen.end(), part.unseen.begin(), part.unseen.end());
  if (weight == 0) return;
  for (Contribution contribution : part.contributions) {
    contribution.weight *= weight;
    contribution.contribution *= weight;
    sum.contributions.push_back(std::move(contribution));
  }
}

}  // namespace

EdgeBaseline edge_baseline(std::string source, std::string destination, std::uint32_t granularity_s,
                           std::vector<double> bytes) {
  assert(!bytes.empty());
  std::sort(bytes.begin(), bytes.end());
  return {.source = std::move(source),
          .destination = std::move(destination),
          .granularity_s = granularity_s,
          .median_bytes = quantile(bytes, 0.5),
          .p99_bytes = quantile(bytes, 0.99),
          .window_count = bytes.size()};
}

void Score::keep_largest(std::size_t count) {
  if (contributions.size() <= count) return;
  const auto rest = contributions.begin() + static_cast<std::ptrdiff_t>(count);
  for (auto part = rest; part != contributions.end(); ++part) other += part->contribution;
  contributions.erase(rest, contributions.end());
}

const GranularityModel* Model::find(std::uint32_t granularity_s) const {
  for (const GranularityModel& granularity : granularities) {
    if (granularity.granularity_s == granularity_s) return &granularity;
  }
  return nullptr;
}

std::optional<Score> score(const Model& model, std::uint32_t granularity_s, const FeatureRow& row) {
  assert(row.names.size() == row.values.size());
  const GranularityModel* granularity = model.find(granularity_s);
  if (granularity == nullptr) return std::nullopt;
  const std::vector<Feature>& features = granularity->features;

  Score result;
  RowReader reader(features, row.names, granularity->z_limit);
  reader.read(row.values);
  for (const std::size_t i : reader.unseen()) result.unseen.push_back(row.names[i]);

  result.intercept = granularity->intercept;
  result.threshold = granularity->threshold;
  result.value = granularity->intercept;
  for (std::size_t i = 0; i < features.size(); ++i) {
    const Feature& feature = features[i];
    if (std::isnan(reader.observed(i))) ++result.missing_count;
    if (feature.weight == 0) continue;
    const double z = reader.z(i);
    result.value += feature.weight * z;
    result.contributions.push_back({.feature = feature.name,
                                    .granularity_s = granularity_s,
                                    .observed = reader.observed(i),
                                    .expected = reader.expected(i),
                                    .spread = reader.unit(i),
                                    .z = z,
                                    .weight = feature.weight,
                                    .contribution = feature.weight * z});
  }
  result.no_data = result.missing_count == features.size();
  sort_contributions(result.contributions);
  return result;
}

std::optional<CombinedScore> combine(const Model& model, std::span<const ScoresWithin> within) {
  // Slots in the order of the model's granularities, whatever order they came in.
  std::vector<const ScoresWithin*> parts(model.granularities.size(), nullptr);
  for (const ScoresWithin& part : within) {
    const GranularityModel* granularity = model.find(part.granularity_s);
    if (granularity == nullptr) return std::nullopt;
    const ScoresWithin*& slot =
        parts[static_cast<std::size_t>(granularity - model.granularities.data())];
    if (slot != nullptr) return std::nullopt;
    slot = &part;
  }

  // The sum starts from nothing, so that a single granularity passes unchanged.
  Combination alone;
  alone.weights.assign(1, 1.0);
  alone.threshold = model.granularities.front().threshold;
  const Combination& rule = model.combination ? *model.combination : alone;

  CombinedScore result;
  Score& sum = result.score;
  sum.threshold = rule.threshold;
  sum.intercept = rule.intercept;
  sum.value = rule.intercept;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::optional<Loudest> loudest =
        parts[i] == nullptr ? std::nullopt : loudest_of(*parts[i]);
    if (!loudest) {
      sum.intercept += rule.weights[i] * model.granularities[i].intercept;
      sum.value += rule.weights[i] * model.granularities[i].intercept;
      sum.missing_count += model.granularities[i].features.size();
      continue;
    }
    add_part(parts[i]->scores[loudest->index], rule.weights[i], sum);
    sum.value += rule.weights[i] * loudest->value;
    result.loudest.push_back(*loudest);
  }
  sum.no_data = result.loudest.empty();
  std::sort(sum.unseen.begin(), sum.unseen.end());
  sum.unseen.erase(std::unique(sum.unseen.begin(), sum.unseen.end()), sum.unseen.end());
  sort_contributions(sum.contributions);
  return result;
}

}  // namespace mimir::learn
