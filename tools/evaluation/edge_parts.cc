// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "model/learn/robust_scaler.h"
#include "tools/evaluation/learner.h"

namespace mimir::evaluation {

namespace {

using Rows = std::vector<std::size_t>;

/// A full packet: what an edge that never varied may vary by.
constexpr double kPacketBytes = 1500;

bool is_silent(std::span<const double> bytes) {
  // An edge that the run's cluster cannot have is NaN.
  return std::none_of(bytes.begin(), bytes.end(), [](double value) { return value > 0; });
}

/// The largest excess of any edge over its benign habit, in its IQRs: what a monitor of
/// volumes would raise.
class VolumePart final : public Part {
 public:
  [[nodiscard]] Description description() const override { return Description::kServiceBytes; }

  [[nodiscard]] bool fit(const learn::FeatureTable& table, const Rows& benign,
                         const Rows& /*attacked*/, config::Diagnostics& /*unused*/) override {
    scaler_ = learn::RobustScaler::fit(table, benign, kPacketBytes);
    return true;
  }

  [[nodiscard]] std::vector<double> score(const learn::FeatureTable& table,
                                          const Rows& rows) const override {
    std::vector<double> scores;
    for (const std::size_t row : rows) {
      double largest = std::numeric_limits<double>::quiet_NaN();
      scores.push_back(largest);
      if (is_silent(table.row(row))) continue;
      for (const learn::RobustScaler::Column& edge : scaler_.columns) {
        const auto column = table.find(edge.name);
        if (!column || std::isnan(table.at(row, *column))) continue;
        const double excess = (table.at(row, *column) - edge.spread.median) / edge.spread.iqr;
        if (!(largest >= excess)) largest = excess;
      }
      scores.back() = largest;
    }
    return scores;
  }

 private:
  learn::RobustScaler scaler_;
};

/// How many columns, pairs of services or marks, have something in them and had nothing in
/// benign training windows.
template <Description kLooksAt>
class NoveltyPart final : public Part {
 public:
  [[nodiscard]] Description description() const override { return kLooksAt; }

  [[nodiscard]] bool fit(const learn::FeatureTable& table, const Rows& benign,
                         const Rows& /*attacked*/, config::Diagnostics& /*unused*/) override {
    allowed_.clear();
    for (std::size_t column = 0; column < table.column_count(); ++column) {
      const bool is_seen = std::any_of(benign.begin(), benign.end(),
                                       [&](std::size_t row) { return table.at(row, column) > 0; });
      if (is_seen) allowed_.insert(table.names()[column]);
    }
    return true;
  }

  [[nodiscard]] std::vector<double> score(const learn::FeatureTable& table,
                                          const Rows& rows) const override {
    std::vector<std::size_t> forbidden;
    for (std::size_t column = 0; column < table.column_count(); ++column) {
      if (!allowed_.contains(table.names()[column])) forbidden.push_back(column);
    }
    std::vector<double> scores;
    for (const std::size_t row : rows) {
      scores.push_back(static_cast<double>(
          std::count_if(forbidden.begin(), forbidden.end(),
                        [&](std::size_t column) { return table.at(row, column) > 0; })));
    }
    return scores;
  }

  [[nodiscard]] std::optional<double> own_threshold() const override { return 0; }

 private:
  std::set<std::string> allowed_;
};

}  // namespace

PartInfo edge_volume() {
  return {.name = "edge-volume",
          .summary = "largest excess of bytes on any edge between services over its benign median",
          .needs_labels = false,
          .make = []() -> std::unique_ptr<Part> { return std::make_unique<VolumePart>(); }};
}

PartInfo allowed_pairs() {
  return {.name = "allowed-pairs",
          .summary = "pairs of services that talk and never did in training",
          .needs_labels = false,
          .make = []() -> std::unique_ptr<Part> {
            return std::make_unique<NoveltyPart<Description::kServiceBytes>>();
          }};
}

PartInfo http_fingerprints() {
  return {.name = "http-fingerprints",
          .summary =
              "programs, hosts and header fields of plain HTTP requests to the outside that "
              "the service never had in training, after DECANTeR",
          .needs_labels = false,
          .make = []() -> std::unique_ptr<Part> {
            return std::make_unique<NoveltyPart<Description::kHttpMarks>>();
          }};
}

}  // namespace mimir::evaluation
