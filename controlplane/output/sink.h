// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace mimir::controlplane {

/// What became of lines that were to be delivered, from the first on.
struct Delivery {
  std::size_t arrived = 0;
  /// Of those behind or between them, which the receiver will never take.
  std::size_t refused = 0;
  /// Why the rest has to be tried again; empty if there is none.
  std::string fault{};

  [[nodiscard]] std::size_t done() const { return arrived + refused; }
};

/// Somebody who is told of alerts. One implementation for each way of telling.
///
/// Threads: one owner. May block for some seconds, never forever.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  /// Delivers lines of JSON in order; stops at the first that has to be tried again. What
  /// is not done may have arrived all the same: every line arrives at least once.
  [[nodiscard]] virtual Delivery deliver(std::span<const std::string> lines) = 0;

  /// Called about once a second while there is nothing to deliver. False: the receiver went
  /// and something may have gone with it, so that deliver() has work although nothing is new.
  [[nodiscard]] virtual bool look() { return true; }
};

}  // namespace mimir::controlplane
