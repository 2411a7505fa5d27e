// SPDX-License-Identifier: Apache-2.0
#include "model/invariant/current_flow.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include <Eigen/Dense>
#include <Eigen/Sparse>

namespace mimir::invariant {
namespace {

constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int kDenseAbove = 64;

std::uint32_t find_root(std::vector<std::uint32_t>& parent, std::uint32_t node) {
  while (parent[node] != node) {
    parent[node] = parent[parent[node]];
    node = parent[node];
  }
  return node;
}

}  // namespace

struct CurrentFlow::Solver {
  using Sparse = Eigen::SparseMatrix<double>;

  // False if the matrix is not positive definite, which only lost digits can cause.
  bool factorize(const std::vector<Wire>& wires, const std::vector<std::uint32_t>& row_of,
                 std::uint32_t rows) {
    entries.clear();
    for (const Wire& wire : wires) {
      const std::uint32_t low = row_of[wire.low];
      const std::uint32_t high = row_of[wire.high];
      add(low, low, wire.conductance);
      add(high, high, wire.conductance);
      add(low, high, -wire.conductance);
      add(high, low, -wire.conductance);
    }
    laplacian.resize(static_cast<int>(rows), static_cast<int>(rows));
    laplacian.setFromTriplets(entries.begin(), entries.end());
    sparse.analyzePattern(laplacian);
    const auto n = static_cast<double>(rows);
    is_dense = static_cast<int>(rows) > kDenseAbove &&
               static_cast<double>(sparse.factor_size()) > n * n / 8.0;
    if (is_dense) {
      dense.compute(Eigen::MatrixXd(laplacian));
      return dense.info() == Eigen::Success;
    }
    sparse.factorize(laplacian);
    return sparse.info() == Eigen::Success;
  }

  void solve(std::uint32_t source) {
    unit.setZero(laplacian.rows());
    unit[source] = 1.0;
    potential = is_dense ? Eigen::VectorXd(dense.solve(unit)) : sparse.solve(unit);
  }

  double at(std::uint32_t row) const { return row == kNoRow ? 0.0 : potential[row]; }

  void add(std::uint32_t row, std::uint32_t column, double value) {
    if (row == kNoRow || column == kNoRow) return;
    entries.emplace_back(static_cast<int>(row), static_cast<int>(column), value);
  }

  // The size of the factor is known after analyzePattern() and worth a look before
  // the work is done; Eigen keeps it from the public.
  struct Factor : Eigen::SimplicialLDLT<Sparse> {
    [[nodiscard]] Eigen::Index factor_size() const { return m_nonZerosPerCol.sum(); }
  };

  std::vector<Eigen::Triplet<double>> entries;
  Sparse laplacian;
  Factor sparse;
  Eigen::LLT<Eigen::MatrixXd> dense;
  Eigen::VectorXd unit;
  Eigen::VectorXd potential;
  bool is_dense = false;
};

CurrentFlow::CurrentFlow(const Services& services, Slot sensitive, Form form)
    : services_(services), sensitive_(sensitive), form_(form), solver_(std::make_unique<Solver>()) {
  for (const std::string& name : services.names) {
    columns_.push_back("current_flow_variation(" + name + ")");
  }
}

CurrentFlow::~CurrentFlow() = default;

// Both directions of a pair become one wire; a node's traffic with itself carries
// no current.
void CurrentFlow::build_wires(const graph::PodGraph& graph) {
  wires_.clear();
  for (const graph::PodEdge& edge : graph.edges()) {
    const std::uint64_t back = graph.bytes(edge.target, edge.source);
    if (edge.source == edge.target || (back > 0 && edge.target < edge.source)) continue;
    wires_.push_back({.low = std::min(edge.source, edge.target),
                      .high = std::max(edge.source, edge.target),
                      .conductance = static_cast<double>(edge.counts.bytes + back)});
  }
}

// Numbers the nodes that are connected with `outside`, itself apart: the unknowns.
void CurrentFlow::find_component(std::size_t node_count, std::uint32_t outside) {
  root_.resize(node_count);
  for (std::uint32_t i = 0; i < node_count; ++i) root_[i] = i;
  for (const Wire& wire : wires_) {
    root_[find_root(root_, wire.low)] = find_root(root_, wire.high);
  }
  unknown_.assign(node_count, kNoRow);
  unknown_count_ = 0;
  const std::uint32_t root = find_root(root_, outside);
  for (std::uint32_t i = 0; i < node_count; ++i) {
    if (i != outside && find_root(root_, i) == root) unknown_[i] = unknown_count_++;
  }
  const auto is_apart = [&](const Wire& wire) { return find_root(root_, wire.low) != root; };
  wires_.erase(std::remove_if(wires_.begin(), wires_.end(), is_apart), wires_.end());
}

std::span<const double> CurrentFlow::currents(const graph::PodGraph& graph) {
  const auto outside = graph.find(graph::kOutsideNode);
  if (!outside) return {};
  const auto nodes = graph.nodes();
  build_wires(graph);
  find_component(nodes.size(), *outside);

  std::vector<std::uint32_t> sources;
  raw_.assign(nodes.size(), kNan);
  raw_[*outside] = 0.0;
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    if (unknown_[i] == kNoRow) continue;
    raw_[i] = 0.0;
    if (nodes[i].kind == graph::NodeKind::kPod &&
        services_.slot_of[nodes[i].class_id] == sensitive_) {
      sources.push_back(unknown_[i]);
    }
  }
  if (sources.empty() || !solver_->factorize(wires_, unknown_, unknown_count_)) return {};
  for (const std::uint32_t source : sources) {
    solver_->solve(source);
    for (const Wire& wire : wires_) {
      const double drop = solver_->at(unknown_[wire.low]) - solver_->at(unknown_[wire.high]);
      const double half = 0.5 * std::abs(wire.conductance * drop);
      raw_[wire.low] += half;
      raw_[wire.high] += half;
    }
  }
  return raw_;
}

void CurrentFlow::compute(const Graphs& graphs, std::span<double> into) {
  std::fill(into.begin(), into.end(), kNan);
  if (!currents(graphs.pods).empty()) variation(graphs.pods, into);
}

void CurrentFlow::variation(const graph::PodGraph& graph, std::span<double> into) {
  struct Moments {
    double count = 0;
    double sum = 0;
    double squares = 0;
  };
  std::vector<Moments> moments(services_.size());
  const auto nodes = graph.nodes();
  const double offset =
      form_ == Form::kPrototype ? 1.0 / (1.0 - static_cast<double>(unknown_count_)) : 0.0;
  const double scale = form_ == Form::kPrototype ? 0.5 : 1.0;
  const auto each = [&](const auto& visit) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const Slot slot = services_.slot_of[nodes[i].class_id];
      if (slot == kNoSlot || nodes[i].kind == graph::NodeKind::kVip || std::isnan(raw_[i])) {
        continue;
      }
      visit(moments[slot], scale * raw_[i] + offset);
    }
  };
  each([](Moments& of, double value) {
    of.count += 1;
    of.sum += value;
  });
  each([](Moments& of, double value) {
    const double deviation = value - of.sum / of.count;
    of.squares += deviation * deviation;
  });
  for (Slot slot = 0; slot < services_.size(); ++slot) {
    const Moments& of = moments[slot];
    if (of.count == 1) {
      into[slot] = 0.0;
    } else if (of.count > 0 && of.sum != 0.0) {
      into[slot] = std::sqrt(of.squares / of.count) / (of.sum / of.count);
    }
  }
}

}  // namespace mimir::invariant
