// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "model/learn/folds.h"
#include "model/learn/logistic.h"
#include "tools/evaluation/learner.h"
#include "tools/evaluation/scaled_rows.h"

namespace mimir::evaluation {

namespace {

constexpr std::uint32_t kFoldCount = 3;

using Rows = std::vector<std::size_t>;

/// Folds of whole runs, or of one run's stretches of time: all variants of a window together.
learn::Folds folds_of(const learn::FeatureTable& table, const Rows& rows) {
  std::map<std::pair<std::string, TimeNs>, std::uint32_t> moments;
  std::map<std::string, std::uint32_t> runs;
  for (const std::size_t row : rows) {
    const learn::WindowInfo& window = table.window(row);
    moments.emplace(std::pair(window.run, window.begin_ns), 0);
    runs.emplace(window.run, 0);
  }
  std::uint32_t count = 0;
  for (auto& [run, number] : runs) number = count++;
  std::uint32_t at = 0;
  const learn::Folds of_moment = learn::contiguous_folds(moments.size(), kFoldCount);
  for (auto& [moment, fold] : moments) {
    fold = runs.size() > 1 ? runs[moment.first] % kFoldCount : of_moment[at];
    ++at;
  }
  learn::Folds folds;
  for (const std::size_t row : rows) {
    const learn::WindowInfo& window = table.window(row);
    folds.push_back(moments[{window.run, window.begin_ns}]);
  }
  return folds;
}

template <learn::Penalty penalty>
class LogisticPart final : public Part {
 public:
  [[nodiscard]] Description description() const override { return Description::kInvariants; }

  [[nodiscard]] bool fit(const learn::FeatureTable& table, const Rows& benign, const Rows& attacked,
                         config::Diagnostics& diagnostics) override {
    auto labelled = labelled_rows(table, benign, attacked, "logistic regression", diagnostics);
    if (!labelled) return false;
    scaler_ = std::move(labelled->scaler);
    const std::vector<double> values = scaler_.scaled(table, labelled->rows);
    const learn::Design design{values, scaler_.column_count(), labelled->targets};
    fit_ = learn::cross_validate_logistic(design, penalty, folds_of(table, labelled->rows));
    return true;
  }

  [[nodiscard]] std::vector<double> score(const learn::FeatureTable& table,
                                          const Rows& rows) const override {
    const std::vector<double> values = scaler_.scaled(table, rows);
    const std::size_t width = scaler_.column_count();
    std::vector<double> scores;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      scores.push_back(has_data(table, rows[i])
                           ? fit_.predict(std::span(values).subspan(i * width, width))
                           : std::numeric_limits<double>::quiet_NaN());
    }
    return scores;
  }

 private:
  RowScaler scaler_;
  learn::LogisticFit fit_;
};

template <learn::Penalty penalty>
std::unique_ptr<Part> make_logistic_part() {
  return std::make_unique<LogisticPart<penalty>>();
}

}  // namespace

PartInfo logistic_l2() {
  return {.name = "logistic-l2",
          .summary = "logistic regression on scaled invariants, squared penalty",
          .needs_labels = true,
          .make = make_logistic_part<learn::Penalty::kL2>};
}

PartInfo logistic_l1() {
  return {.name = "logistic-l1",
          .summary = "logistic regression on scaled invariants, absolute penalty",
          .needs_labels = true,
          .make = make_logistic_part<learn::Penalty::kL1>};
}

}  // namespace mimir::evaluation
