// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/capture_stream.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace mimir::source {

CaptureStream::~CaptureStream() {
  let_go_of_ended();
  for (const HeadPointer& head : heads_) let_go(*head);
  if (alone_) captures_.release(captures_.in_time_order().front(), alone_->ended());
}

bool CaptureStream::Head::fetch() noexcept {
  if (has_packet()) return true;
  at = 0;
  return source.poll(ahead) == Poll::kMore;
}

bool CaptureStream::is_later(const HeadPointer& a, const HeadPointer& b) noexcept {
  return a->place() > b->place();
}

// A head at its end waits until the packets of it that are lent come back.
void CaptureStream::put(HeadPointer head) {
  if (!head->fetch()) {
    ended_.push_back(std::move(head));
    return;
  }
  heads_.push_back(std::move(head));
  std::push_heap(heads_.begin(), heads_.end(), is_later);
}

void CaptureStream::let_go(const Head& head) {
  captures_.release(captures_.in_time_order()[head.rank], head.source.ended());
}

void CaptureStream::let_go_of_ended() {
  for (const HeadPointer& head : ended_) let_go(*head);
  ended_.clear();
}

void CaptureStream::open_what_is_due() {
  const std::span<const std::size_t> order = captures_.in_time_order();
  while (next_rank_ < order.size()) {
    const std::size_t rank = next_rank_;
    const std::size_t index = order[rank];
    const Place place{captures_.parts()[index].first_ns, rank};
    if (!heads_.empty() && heads_.front()->place() < place) return;
    ++next_rank_;
    if (const CaptureFile* const file = captures_.acquire(index)) {
      put(std::make_unique<Head>(rank, *file, captures_.reader_count()));
    }
  }
}

// Of everything but the head in hand.
CaptureStream::Place CaptureStream::next_place() const noexcept {
  Place next{std::numeric_limits<TimeNs>::max(), std::numeric_limits<std::size_t>::max()};
  if (!heads_.empty()) next = heads_.front()->place();
  const std::span<const std::size_t> order = captures_.in_time_order();
  if (next_rank_ == order.size()) return next;
  return std::min(next, Place{captures_.parts()[order[next_rank_]].first_ns, next_rank_});
}

void CaptureStream::take_run(Head& head, PacketBatch& batch) noexcept {
  const Place limit = next_place();
  batch.link = head.ahead.link;
  while (head.has_packet() && batch.count < PacketBatch::kPacketMax && head.place() < limit) {
    batch.packets[batch.count++] = head.ahead.packets[head.at++];
  }
}

Poll CaptureStream::poll_alone(PacketBatch& batch) noexcept {
  const std::size_t index = captures_.in_time_order().front();
  if (next_rank_ == 0) {
    ++next_rank_;
    if (const CaptureFile* const file = captures_.acquire(index)) {
      alone_ = std::make_unique<CaptureSource>(*file, captures_.reader_count());
    }
  }
  if (alone_ && alone_->poll(batch) == Poll::kMore) return Poll::kMore;
  if (alone_) captures_.release(index, alone_->ended());
  alone_.reset();
  batch.now_ns = 0;
  batch.count = 0;
  return Poll::kEnd;
}

Poll CaptureStream::poll(PacketBatch& batch) noexcept {
  if (captures_.in_time_order().size() == 1) return poll_alone(batch);
  let_go_of_ended();
  batch.now_ns = 0;
  batch.count = 0;
  while (batch.count < PacketBatch::kPacketMax) {
    open_what_is_due();
    if (heads_.empty()) break;
    if (batch.count > 0 && heads_.front()->ahead.link != batch.link) break;
    std::pop_heap(heads_.begin(), heads_.end(), is_later);
    HeadPointer head = std::move(heads_.back());
    heads_.pop_back();
    take_run(*head, batch);
    put(std::move(head));
  }
  if (batch.count > 0) return Poll::kMore;
  let_go_of_ended();
  return Poll::kEnd;
}

}  // namespace mimir::source
