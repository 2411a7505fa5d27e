// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/packet_tap.h"
#include "dataplane/payload/inspector.h"
#include "dataplane/worker.h"

namespace mimir::tools {

/// What workers are to look for instead, on its way to them.
///
/// Threads: the control plane's.
class InspectionExchange {
 public:
  struct Hooks {
    /// Asked while no exchange is under way: what to look for, if it is something new.
    std::function<std::optional<payload::InspectorOptions>()> next{};
    /// All workers look for it, or none will for want of memory.
    std::function<void(bool is_taken)> taken{};
  };

  InspectionExchange(std::vector<Worker*> workers, const Hooks& hooks)
      : workers_(std::move(workers)), hooks_(hooks) {}

  void begin();
  /// Ends it when every worker has what it was offered: then nobody uses what was before.
  void look();

 private:
  void end(bool is_taken);

  std::vector<Worker*> workers_;
  const Hooks& hooks_;
  std::vector<std::unique_ptr<payload::Inspector>> inspectors_;  ///< one a worker
};

/// What somebody wants the packets of.
struct TapRequest {
  TapFilter filter;
  TapLimits limits;
  std::chrono::nanoseconds duration{};
};

struct TapResult {
  std::vector<std::byte> pcap;
  std::uint64_t packet_count = 0;
  std::uint64_t missed_count = 0;  ///< that matched when it was full
};

/// Taps at all workers at once, until they are full or time is up.
///
/// Threads: the control plane's. Memory: the limits, for each worker.
class TapSession {
 public:
  struct Hooks {
    /// Asked while there is no tap.
    std::function<std::optional<TapRequest>()> next{};
    std::function<void()> begun{};  ///< from here on packets are taken
    std::function<void(TapResult)> done{};
  };

  TapSession(std::vector<Worker*> workers, const Hooks& hooks)
      : workers_(std::move(workers)), hooks_(hooks) {}

  void begin();
  void look();
  /// Workers have ended: what there is, is all.
  void finish();

 private:
  [[nodiscard]] bool is_over() const;
  void hand_over();

  std::vector<Worker*> workers_;
  const Hooks& hooks_;
  std::vector<std::unique_ptr<PacketTap>> taps_;  ///< one a worker
  bool is_withdrawn_ = false;                     ///< workers were told to leave them
  std::size_t packet_count_max_ = 0;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace mimir::tools
