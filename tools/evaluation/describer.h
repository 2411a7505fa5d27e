// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/analysis/analyzer.h"
#include "model/graph/cluster.h"
#include "model/invariant/registry.h"
#include "tools/evaluation/http_marks.h"

namespace mimir::evaluation {

/// What learners look at. Each is a row of named figures of one window alone.
enum class Description : std::uint8_t {
  kInvariants,       ///< the columns of invariant::Registry; NaN where undefined
  kServiceBytes,     ///< "A>B", bytes from one service to another; 0 where there were none
  kEgoNets,          ///< OddBall's two scores, by service the largest of its endpoints'
  kPrincipalVector,  ///< one column an entity of the cluster; NaN in an empty window
  kPrototype,        ///< the columns of the published prototype; none where nobody wants them
  kHttpMarks,        ///< requests by mark, see http_marks.h; none where no payload was read
};
inline constexpr std::size_t kDescriptionCount = 6;

[[nodiscard]] constexpr std::size_t index_of(Description description) {
  return static_cast<std::size_t>(description);
}

/// What is undefined in a row, and the score of a window that could not be judged.
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Turns windows of one run into rows of all descriptions.
///
/// Threads: one owner; make one a thread. What it returns is valid until the next
/// look_at(). REQUIRES: the cluster and the marks outlive it; marks ascend by window.
class Describer {
 public:
  Describer(const graph::Cluster& cluster, invariant::Registry registry,
            std::optional<invariant::Registry> prototype = std::nullopt,
            std::span<const HttpMark> http_marks = {});

  void look_at(const analysis::ReducedWindow& window);

  [[nodiscard]] std::span<const std::string> names(Description description) const;
  [[nodiscard]] std::span<const double> values(Description description) const;

 private:
  void name_columns();
  void describe_services();
  void describe_ego_nets();
  void describe_principal_vector();
  void describe_prototype();
  void describe_http_marks(const analysis::ReducedWindow& window);

  const graph::Cluster& cluster_;
  analysis::Lens lens_;
  std::optional<invariant::Registry> prototype_;
  std::span<const HttpMark> http_marks_;
  std::vector<graph::ClassId> classes_;  ///< those that take part in graphs
  std::vector<std::size_t> position_;    ///< by ClassId, in classes_
  std::array<std::vector<std::string>, kDescriptionCount> names_;
  std::array<std::vector<double>, kDescriptionCount> values_;
};

}  // namespace mimir::evaluation
