// SPDX-License-Identifier: Apache-2.0
// The only file that sees XGBoost, by its C interface.
#include <array>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <xgboost/c_api.h>

#include "tools/evaluation/learner.h"
#include "tools/evaluation/scaled_rows.h"

namespace mimir::evaluation {

namespace {

using Rows = std::vector<std::size_t>;
using Parameter = std::pair<const char*, const char*>;

struct FreeMatrix {
  void operator()(void* matrix) const { XGDMatrixFree(matrix); }
};
struct FreeBooster {
  void operator()(void* booster) const { XGBoosterFree(booster); }
};
using Matrix = std::unique_ptr<void, FreeMatrix>;
using Booster = std::unique_ptr<void, FreeBooster>;

/// How trees are grown. One thread and one seed: equal rows give equal trees.
struct Growth {
  int rounds = 1;
  std::span<const Parameter> parameters;
};

constexpr std::array<Parameter, 11> kBoosted{{{"objective", "binary:logistic"},
                                              {"tree_method", "exact"},
                                              {"nthread", "1"},
                                              {"seed", "1"},
                                              {"verbosity", "0"},
                                              {"eta", "0.1"},
                                              {"max_depth", "4"},
                                              {"min_child_weight", "2"},
                                              {"subsample", "0.8"},
                                              {"colsample_bytree", "0.8"},
                                              {"lambda", "1"}}};
// One round of many trees, each on a sample as large as a bootstrap's distinct rows, with a
// third of the columns at each split (Breiman 2001).
constexpr std::array<Parameter, 11> kForest{{{"objective", "binary:logistic"},
                                             {"tree_method", "exact"},
                                             {"nthread", "1"},
                                             {"seed", "1"},
                                             {"verbosity", "0"},
                                             {"eta", "1"},
                                             {"max_depth", "10"},
                                             {"num_parallel_tree", "200"},
                                             {"subsample", "0.632"},
                                             {"colsample_bynode", "0.33"},
                                             {"lambda", "0"}}};

class TreePart final : public Part {
 public:
  explicit TreePart(Growth growth) : growth_(growth) {}

  [[nodiscard]] Description description() const override { return Description::kInvariants; }

  [[nodiscard]] bool fit(const learn::FeatureTable& table, const Rows& benign, const Rows& attacked,
                         config::Diagnostics& diagnostics) override {
    booster_.reset();
    auto labelled = labelled_rows(table, benign, attacked, "trees", diagnostics);
    if (!labelled) return false;
    scaler_ = std::move(labelled->scaler);
    const Matrix matrix = matrix_of(table, labelled->rows);
    const std::vector<float> labels(labelled->targets.begin(), labelled->targets.end());
    if (matrix == nullptr || !grow(matrix.get(), labels)) {
      booster_.reset();
      diagnostics.error({}, std::string("trees: ") + XGBGetLastError());
      return false;
    }
    return true;
  }

  [[nodiscard]] std::vector<double> score(const learn::FeatureTable& table,
                                          const Rows& rows) const override {
    std::vector<double> scores(rows.size(), std::numeric_limits<double>::quiet_NaN());
    const Matrix matrix = matrix_of(table, rows);
    bst_ulong count = 0;
    const float* shares = nullptr;
    if (matrix == nullptr || booster_ == nullptr ||
        XGBoosterPredict(booster_.get(), matrix.get(), 0, 0, 0, &count, &shares) != 0) {
      return scores;
    }
    for (std::size_t i = 0; i < rows.size() && i < count; ++i) {
      if (has_data(table, rows[i])) scores[i] = static_cast<double>(shares[i]);
    }
    return scores;
  }

 private:
  /// Null if there is nothing, or no memory.
  [[nodiscard]] Matrix matrix_of(const learn::FeatureTable& table, const Rows& rows) const {
    const std::vector<double> values = scaler_.scaled(table, rows);
    std::vector<float> narrow;
    narrow.reserve(values.size());
    for (const double value : values) narrow.push_back(static_cast<float>(value));
    DMatrixHandle handle = nullptr;
    if (narrow.empty() ||
        XGDMatrixCreateFromMat(narrow.data(), rows.size(), scaler_.column_count(),
                               std::numeric_limits<float>::quiet_NaN(), &handle) != 0) {
      return nullptr;
    }
    return Matrix(handle);
  }

  bool grow(DMatrixHandle matrix, const std::vector<float>& labels) {
    if (XGDMatrixSetFloatInfo(matrix, "label", labels.data(), labels.size()) != 0) return false;
    BoosterHandle handle = nullptr;
    if (XGBoosterCreate(&matrix, 1, &handle) != 0) return false;
    booster_.reset(handle);
    for (const auto& [name, value] : growth_.parameters) {
      if (XGBoosterSetParam(handle, name, value) != 0) return false;
    }
    for (int round = 0; round < growth_.rounds; ++round) {
      if (XGBoosterUpdateOneIter(handle, round, matrix) != 0) return false;
    }
    return true;
  }

  Growth growth_;
  RowScaler scaler_;
  Booster booster_;
};

}  // namespace

PartInfo boosted_trees() {
  return {.name = "boosted-trees",
          .summary = "200 gradient-boosted trees of depth 4 on scaled invariants (XGBoost)",
          .needs_labels = true,
          .make = []() -> std::unique_ptr<Part> {
            return std::make_unique<TreePart>(Growth{.rounds = 200, .parameters = kBoosted});
          }};
}

PartInfo random_forest() {
  return {.name = "random-forest",
          .summary = "a forest of 200 trees on scaled invariants (XGBoost)",
          .needs_labels = true,
          .make = []() -> std::unique_ptr<Part> {
            return std::make_unique<TreePart>(Growth{.rounds = 1, .parameters = kForest});
          }};
}

}  // namespace mimir::evaluation
