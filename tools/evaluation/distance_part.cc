// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "tools/evaluation/learner.h"
#include "tools/evaluation/scaled_rows.h"

namespace mimir::evaluation {

namespace {

using Rows = std::vector<std::size_t>;

/// How far a window is from benign ones: the root of the mean square of all z, each by the
/// median and IQR of benign training windows. Knows no attack.
template <Description kLooksAt>
class DistancePart final : public Part {
 public:
  [[nodiscard]] Description description() const override { return kLooksAt; }

  [[nodiscard]] bool fit(const learn::FeatureTable& table, const Rows& benign,
                         const Rows& /*attacked*/, config::Diagnostics& diagnostics) override {
    scaler_ = RowScaler(table, benign, benign);
    if (scaler_.column_count() > 0) return true;
    diagnostics.error({}, "robust distance: no figure moves in the benign training windows",
                      "give longer captures to --train");
    return false;
  }

  [[nodiscard]] std::vector<double> score(const learn::FeatureTable& table,
                                          const Rows& rows) const override {
    const std::vector<double> values = scaler_.scaled(table, rows);
    const std::size_t width = scaler_.column_count();
    std::vector<double> scores;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double squares = 0;
      for (const double z : std::span(values).subspan(i * width, width)) squares += z * z;
      scores.push_back(has_data(table, rows[i]) ? std::sqrt(squares / static_cast<double>(width))
                                                : std::numeric_limits<double>::quiet_NaN());
    }
    return scores;
  }

 private:
  RowScaler scaler_;
};

template <Description kLooksAt>
std::unique_ptr<Part> make_distance_part() {
  return std::make_unique<DistancePart<kLooksAt>>();
}

}  // namespace

PartInfo robust_distance() {
  return {.name = "robust-distance",
          .summary = "one class: distance of scaled invariants from benign ones, no labels",
          .needs_labels = false,
          .make = make_distance_part<Description::kInvariants>};
}

PartInfo odd_ball_nets() {
  return {.name = "oddball",
          .summary = "distance of OddBall's ego-net scores, by service, from benign ones",
          .needs_labels = false,
          .make = make_distance_part<Description::kEgoNets>};
}

}  // namespace mimir::evaluation
