// SPDX-License-Identifier: Apache-2.0
#include "tools/worker_errands.h"

#include <algorithm>

namespace mimir::tools {

void InspectionExchange::begin() {
  if (!inspectors_.empty() || !hooks_.next) return;
  const std::optional<payload::InspectorOptions> options = hooks_.next();
  if (!options) return;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    inspectors_.push_back(std::make_unique<payload::Inspector>(*options));
    if (!inspectors_.back()->is_usable()) return end(false);
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->offer(*inspectors_[i]);
}

void InspectionExchange::look() {
  if (inspectors_.empty()) return;
  if (std::ranges::all_of(workers_, &Worker::has_taken)) end(true);
}

void InspectionExchange::end(bool is_taken) {
  inspectors_.clear();
  if (hooks_.taken) hooks_.taken(is_taken);
}

void TapSession::begin() {
  if (!taps_.empty() || !hooks_.next) return;
  const std::optional<TapRequest> request = hooks_.next();
  if (!request) return;
  is_withdrawn_ = false;
  packet_count_max_ = request->limits.packet_count_max;
  end_ = std::chrono::steady_clock::now() + request->duration;
  for (Worker* const worker : workers_) {
    taps_.push_back(std::make_unique<PacketTap>(request->filter, request->limits));
    worker->set_tap(taps_.back().get());
  }
  if (hooks_.begun) hooks_.begun();
}

bool TapSession::is_over() const {
  return std::chrono::steady_clock::now() >= end_ ||
         std::ranges::any_of(taps_, [](const auto& tap) { return tap->is_full(); });
}

void TapSession::look() {
  if (taps_.empty()) return;
  if (!is_withdrawn_) {
    if (!is_over()) return;
    for (Worker* const worker : workers_) worker->set_tap(nullptr);
    is_withdrawn_ = true;
  }
  if (std::ranges::all_of(workers_, [](const Worker* worker) { return worker->uses(nullptr); })) {
    hand_over();
  }
}

void TapSession::finish() {
  if (!taps_.empty()) hand_over();
}

void TapSession::hand_over() {
  TapResult result;
  std::vector<const PacketTap*> taps;
  for (const auto& tap : taps_) {
    taps.push_back(tap.get());
    result.packet_count += tap->packets().size();
    result.missed_count += tap->missed_count();
  }
  result.pcap = to_pcap(taps, packet_count_max_);
  // Of several workers' packets, those beyond the limit are left out, and counted so.
  const std::uint64_t kept_count = std::min<std::uint64_t>(result.packet_count, packet_count_max_);
  result.missed_count += result.packet_count - kept_count;
  result.packet_count = kept_count;
  taps_.clear();
  if (hooks_.done) hooks_.done(std::move(result));
}

}  // namespace mimir::tools
