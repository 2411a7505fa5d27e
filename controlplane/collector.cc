// SPDX-License-Identifier: Apache-2.0
#include "controlplane/collector.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace mimir::controlplane {

namespace {

constexpr std::size_t kBufferRecordCount = 1024;

// A worker that saw only latecomers, or only swept, in a window has no times for it.
bool has_times(const WindowReport& report) { return report.first_ns != 0 || report.last_ns != 0; }

}  // namespace

void merge_flows(std::vector<FlowRecord>& records) {
  // A record is two cache lines: sort what points at them.
  std::vector<const FlowRecord*> order;
  order.reserve(records.size());
  for (const FlowRecord& record : records) order.push_back(&record);
  std::sort(order.begin(), order.end(), [](const FlowRecord* a, const FlowRecord* b) {
    if (a->key != b->key) return a->key < b->key;
    return a->first_ns < b->first_ns;
  });
  std::vector<FlowRecord> merged;
  merged.reserve(records.size());
  for (const FlowRecord* record : order) {
    if (!merged.empty() && merged.back().key == record->key) {
      merge(merged.back(), *record);
    } else {
      merged.push_back(*record);
    }
  }
  records = std::move(merged);
}

Collector::Collector(TimeNs window_ns, std::span<RecordRing* const> rings, WindowSink sink)
    : window_ns_(window_ns),
      rings_(rings.begin(), rings.end()),
      sink_(std::move(sink)),
      buffer_(kBufferRecordCount) {}

bool Collector::take(RecordRing& ring) {
  bool took = false;
  for (;;) {
    const std::size_t count = ring.pop_records(buffer_);
    if (count == 0) break;
    took = true;
    for (std::size_t i = 0; i < count; ++i) {
      const FlowRecord& record = buffer_[i];
      pending_[record.window].records.push_back(record);
    }
  }
  PayloadFact fact;
  while (ring.pop_fact(fact)) {
    took = true;
    pending_[window_of(fact.time_ns, window_ns_)].facts.push_back(fact);
  }
  WindowReport report;
  while (ring.pop_report(report)) {
    took = true;
    add(report);
  }
  return took;
}

void Collector::add(const WindowReport& report) {
  WindowReport& sum = pending_[report.window].sum;
  sum.packets += report.packets;
  sum.records_written += report.records_written;
  sum.records_lost += report.records_lost;
  sum.packets_lost += report.packets_lost;
  sum.facts_written += report.facts_written;
  sum.facts_lost += report.facts_lost;
  sum.shed_level = std::max(sum.shed_level, report.shed_level);
  if (!has_times(report)) return;
  const bool is_first = !has_times(sum);
  sum.first_ns = is_first ? report.first_ns : std::min(sum.first_ns, report.first_ns);
  sum.last_ns = is_first ? report.last_ns : std::max(sum.last_ns, report.last_ns);
}

bool Collector::drain() {
  // Read before the queues: what they hold then is everything up to there.
  WindowIndex complete = RecordRing::kAllComplete;
  for (const RecordRing* ring : rings_) complete = std::min(complete, ring->completed_through());
  complete_ = complete;
  bool took = false;
  for (RecordRing* ring : rings_) took = take(*ring) || took;
  // A worker that ends says so in two steps: first that every window that time can
  // reach is complete, then that all are. Between the two there is nothing.
  has_ended_ = complete >= RecordRing::kAllComplete / window_ns_ - 1;
  while (!pending_.empty() && pending_.begin()->first <= complete) {
    const auto first = pending_.begin();
    hand_over(first->first, first->second);
    pending_.erase(first);
  }
  return took;
}

std::optional<TimeNs> Collector::passed_ns() const {
  if (has_ended_ || complete_ == RecordRing::kNothingComplete) return std::nullopt;
  return (complete_ + 1) * window_ns_;
}

void Collector::hand_over(WindowIndex index, Pending& pending) {
  records_.delivered += pending.records.size();
  for (const FlowRecord& record : pending.records) {
    records_.packets_delivered += record.packets[0] + record.packets[1];
  }
  merge_flows(pending.records);
  const WindowReport& sum = pending.sum;
  packets_ += sum.packets;
  records_.written += sum.records_written;
  records_.lost_ring_full += sum.records_lost;
  records_.packets_lost += sum.packets_lost;
  facts_ +=
      {.written = sum.facts_written, .lost = sum.facts_lost, .delivered = pending.facts.size()};
  std::sort(pending.facts.begin(), pending.facts.end());

  Window window{.index = index,
                .begin_ns = index * window_ns_,
                .end_ns = (index + 1) * window_ns_,
                .records = pending.records,
                .packets = sum.packets,
                .records_lost = sum.records_lost,
                .packets_lost = sum.packets_lost,
                .facts = pending.facts,
                .facts_lost = sum.facts_lost,
                .shed_level = sum.shed_level};
  const TimeNs slack_ns = window_ns_ / kPartialSlackDivisor;
  const bool is_last = has_ended_ && pending_.size() == 1;
  const TimeNs first_ns = has_times(sum) ? sum.first_ns : window.end_ns;
  const TimeNs last_ns = has_times(sum) ? sum.last_ns : window.begin_ns;
  window.partial = (!has_begun_ && first_ns > window.begin_ns + slack_ns) ||
                   (is_last && last_ns < window.end_ns - slack_ns);
  has_begun_ = true;
  sink_(window);
}

}  // namespace mimir::controlplane
