// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "dataplane/flow/duplicate_filter.h"
#include "dataplane/flow/flow_table.h"
#include "dataplane/flow/fragment_memory.h"
#include "dataplane/load_shedder.h"
#include "dataplane/open_windows.h"
#include "dataplane/packet_tap.h"
#include "dataplane/payload/inspector.h"
#include "dataplane/record/record_ring.h"
#include "dataplane/source/packet_source.h"
#include "dataplane/wire/dissect.h"

namespace mimir {

/// What to do when the control plane does not keep up.
enum class RingFull : std::uint8_t {
  kLose,  ///< live: count the records as lost; packets do not wait
  kWait,  ///< a file: it can wait, so nothing is lost
};

struct WorkerOptions {
  TimeNs window_ns = 10 * kNsPerSecond;
  /// How long after its end, in packet time, a window still takes packets. What is
  /// above OpenWindows::kLatenessWindowMax windows counts as that.
  TimeNs lateness_ns = 2 * kNsPerSecond;
  std::size_t flow_count_max = std::size_t{1} << 20;  ///< IPv4
  std::size_t ipv6_flow_count_max = std::size_t{1} << 18;
  /// How many of each the tables have room for at first. Where that is less, they grow
  /// between two bursts, for milliseconds: live, packets would be lost meanwhile.
  std::size_t flow_count_first = std::numeric_limits<std::size_t>::max();
  /// For captures, most of which have fewer: tables of that size stay in the caches.
  static constexpr std::size_t kFewFlows = 16384;
  flow::HashSecret secret;
  wire::DissectOptions dissect{};
  /// Packets that come twice within this time count once; 0: all count.
  TimeNs duplicate_distance_ns = 0;
  /// Which share of the flows this worker counts, when several read one capture:
  /// all see every packet and so agree on the time; each counts its own flows.
  std::uint32_t shard = 0;
  std::uint32_t shard_count = 1;
  RingFull ring_full = RingFull::kWait;
  /// What is looked for in the payload; nothing by default.
  payload::InspectorOptions inspection{};
  /// Facts of the payload that one window takes; what is above is counted as lost. 0: nobody
  /// asks for any, and none are written.
  std::uint64_t window_fact_count_max = std::uint64_t{1} << 16;
};

/// The loop of one core: poll, dissect, count, inspect, sweep, push. Nothing else.
///
/// Threads: one. No allocation, exception, lock or log once constructed, but for what
/// WorkerOptions::flow_count_first says.
/// Memory: the two flow tables and about 160 kB.
/// Invariants: every packet received is in exactly one open window's report, as
/// dropped or as counted, until that report is pushed; a window's records all
/// precede its report, which precedes complete_through().
class Worker {
 public:
  Worker(const WorkerOptions& options, source::PacketSource& source, RecordRing& ring) noexcept;

  /// False if the flow tables' memory could not be had.
  [[nodiscard]] bool is_usable() const noexcept {
    return v4_.is_usable() && v6_.is_usable() && duplicates_.is_usable() &&
           fragments_.is_usable() && inspector_.is_usable();
  }

  /// One burst. False when the source has ended; then finish() is due.
  [[nodiscard]] bool step() noexcept;

  /// From the next window that this worker closes on, it looks for what `next` does; then
  /// `next` is what it looked for before, and has_taken() is true. Called from another thread.
  /// REQUIRES: is_usable() of next, which lives until then; none is under way; both look for
  /// something, or neither does.
  void offer(payload::Inspector& next) noexcept {
    offered_.store(&next, std::memory_order_release);
  }
  [[nodiscard]] bool has_taken() const noexcept {
    return offered_.load(std::memory_order_acquire) == nullptr;
  }

  /// From the next burst on, packets go into `tap` too, as it chooses; null: into none.
  /// Called from another thread. What was set before is used no more once uses(tap).
  void set_tap(PacketTap* tap) noexcept { tap_.store(tap, std::memory_order_release); }
  [[nodiscard]] bool uses(const PacketTap* tap) const noexcept {
    return used_tap_.load(std::memory_order_acquire) == tap;
  }

  /// Ends every window, waiting for the ring where it must: the control plane has
  /// to drain until the ring says kAllComplete. Call once.
  void finish() noexcept;

 private:
  enum class Sweep : std::uint8_t { kNone, kV4, kV6, kReport };

  struct Parsed {
    wire::PacketFacts facts;
    std::uint64_t hash = 0;
    std::size_t slot = 0;  ///< where its flow most likely lies
    Drop drop = Drop::kNone;
  };

  void make_room() noexcept;
  void dissect_batch() noexcept;
  /// A packet that is not plain.
  [[nodiscard]] Drop dissect(const source::PacketView& packet, wire::PacketFacts& facts) noexcept;
  /// Copies packets of flows somebody wants evidence of, whether they are counted or not.
  void tap_batch(PacketTap& tap) noexcept;
  void shed_batch() noexcept;
  void drop_duplicates() noexcept;
  void locate_batch() noexcept;
  void count_batch() noexcept;
  /// Whether the burst ascends in time and lies in the current window.
  [[nodiscard]] bool is_in_step() const noexcept;
  template <bool Inspects>
  void count_in_step() noexcept;
  void count_packet(const source::PacketView& packet, const Parsed& parsed) noexcept;
  void count_drop(WindowReport& report, Drop drop) const noexcept;
  [[nodiscard]] Drop credit(const source::PacketView& packet, const Parsed& parsed) noexcept;
  /// Looks into a packet that was just credited to its flow.
  void inspect(const source::PacketView& packet, const Parsed& parsed,
               WindowReport& report) noexcept;
  void inspect(const FlowKey& key, TimeNs time_ns, const wire::PacketFacts& facts,
               Inspection& state, WindowReport& report) noexcept;
  void push_fact(const PayloadFact& fact, WindowReport& report) noexcept;
  [[nodiscard]] bool is_ours(const Parsed& parsed) const noexcept;

  void advance(TimeNs time_ns) noexcept;
  void enter_window(TimeNs time_ns) noexcept;
  [[nodiscard]] WindowReport& report_of(WindowIndex window) noexcept;

  void start_sweep() noexcept;
  void continue_sweep() noexcept;
  void complete_sweep() noexcept;
  [[nodiscard]] bool push_reports() noexcept;

  void emit(const FlowRecord& record) noexcept;
  void flush() noexcept;

  WorkerOptions options_;
  source::PacketSource& source_;
  RecordRing& ring_;
  flow::FlowTable<FlowKeyV4> v4_;
  flow::FlowTable<FlowKey> v6_;
  flow::DuplicateFilter duplicates_;
  flow::FragmentMemory fragments_;
  LoadShedder shedder_;
  payload::Inspector inspector_;
  std::atomic<payload::Inspector*> offered_ = nullptr;
  std::atomic<PacketTap*> tap_ = nullptr;
  std::atomic<PacketTap*> used_tap_ = nullptr;

  OpenWindows open_;
  WindowReport* current_ = nullptr;  ///< report of [window_begin_ns_, window_end_ns_)
  TimeNs window_begin_ns_ = 0;
  TimeNs window_end_ns_ = 0;
  TimeNs watermark_ns_;      ///< the latest packet time seen
  TimeNs closed_before_ns_;  ///< windows that begin before this take no more packets
  TimeNs next_close_ns_;     ///< the packet time at which closed_before_ns_ moves on

  Sweep sweep_ = Sweep::kNone;
  TimeNs sweep_before_ns_;  ///< what the sweep under way, or the last one, closes
  std::size_t sweep_position_ = 0;

  std::size_t out_count_ = 0;
  source::PacketBatch batch_;
  std::array<Parsed, source::PacketBatch::kPacketMax> parsed_;
  std::array<FlowRecord, 64> out_;
};

}  // namespace mimir
