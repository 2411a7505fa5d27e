// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/learner.h"

#include <utility>

namespace mimir::evaluation {

namespace {

class LearnerOfParts final : public Learner {
 public:
  explicit LearnerOfParts(const PartInfo& info) : info_(info) {}

  [[nodiscard]] std::string_view name() const override { return info_.name; }
  [[nodiscard]] std::string_view summary() const override { return info_.summary; }
  [[nodiscard]] bool needs_labels() const override { return info_.needs_labels; }

  [[nodiscard]] bool fit(const Dataset& dataset, const TrainingRows& rows,
                         config::Diagnostics& diagnostics) override {
    parts_.clear();
    for (std::size_t i = 0; i < dataset.granularities_s.size(); ++i) {
      parts_.push_back(info_.make());
      const learn::FeatureTable& table = dataset.table(i, parts_[i]->description());
      if (!parts_[i]->fit(table, rows.benign[i], rows.attacked[i], diagnostics)) return false;
    }
    return true;
  }

  [[nodiscard]] PassScores score(const Dataset& dataset, const Pass& pass) const override {
    PassScores scores;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      std::vector<std::size_t> rows;
      for (const LabelledWindow& window : pass.windows[i]) rows.push_back(window.row);
      scores.by_granularity.push_back(
          parts_[i]->score(dataset.table(i, parts_[i]->description()), rows));
    }
    return scores;
  }

  [[nodiscard]] std::optional<double> own_threshold(std::size_t granularity) const override {
    return granularity < parts_.size() ? parts_[granularity]->own_threshold() : std::nullopt;
  }

 private:
  PartInfo info_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace

std::unique_ptr<Learner> make_learner(const PartInfo& info) {
  return std::make_unique<LearnerOfParts>(info);
}

}  // namespace mimir::evaluation
