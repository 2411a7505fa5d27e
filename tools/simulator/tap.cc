// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/tap.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace mimir::simulator {
namespace {

/// Between the two sides of a bridge or of the address translation.
constexpr TimeNs kSecondCopyNs = 4'000;

}  // namespace

Tap::Tap(PcapWriter& writer, Observation observation, std::uint32_t gateway, TimeNs begin_ns,
         TimeNs end_ns)
    : writer_(writer),
      observation_(observation),
      gateway_(gateway),
      end_ns_(end_ns),
      front_ns_(begin_ns) {}

bool Tap::see(TimeNs time_ns, const Header& header, bool from_client, const Route& route,
              const Message& payload, std::size_t offset, std::size_t length) {
  if (time_ns >= end_ns_) return false;
  if (observation_ == Observation::kMirror) {
    keep(time_ns, header, payload, offset, length);
  } else {
    see_on_node(time_ns, header, from_client, route, payload, offset, length);
  }
  return true;
}

void Tap::see_on_node(TimeNs time_ns, const Header& header, bool from_client, const Route& route,
                      const Message& payload, std::size_t offset, std::size_t length) {
  Header first = header;
  Header second = header;
  if (route.virtual_server.address != 0) {
    (from_client ? first.destination : second.source) = route.virtual_server;
  } else if (route.client != Route::Client::kPod) {
    if (from_client) {
      first.source.address = gateway_;
      second.source.address = gateway_;
    } else {
      first.destination.address = gateway_;
      if (route.client == Route::Client::kNode) second.destination.address = gateway_;
    }
  }
  keep(time_ns, first, payload, offset, length);
  keep(std::min(time_ns + kSecondCopyNs, end_ns_ - 1), second, payload, offset, length);
}

void Tap::keep(TimeNs time_ns, const Header& header, const Message& payload, std::size_t offset,
               std::size_t length) {
  // Checked in release builds too: such a packet could only be written out of order.
  if (time_ns < front_ns_) std::abort();
  const auto index = static_cast<std::size_t>((time_ns - front_ns_) / kBucketNs);
  while (buckets_.size() <= index) {
    if (spare_.empty()) {
      buckets_.emplace_back();
    } else {
      buckets_.push_back(std::move(spare_.back()));
      spare_.pop_back();
    }
  }
  Bucket& bucket = buckets_[index];
  const std::size_t room = kPcapRecordHeaderBytes + kFrameBytesMax;
  if (bucket.bytes.size() < bucket.used + room) bucket.bytes.resize(2 * bucket.used + 4 * room);
  std::uint8_t* const out = bucket.bytes.data() + bucket.used;
  const std::size_t frame_bytes =
      write_frame(header, payload, offset, length, out + kPcapRecordHeaderBytes);
  write_pcap_record_header(time_ns, static_cast<std::uint32_t>(frame_bytes), out);
  const std::size_t size = kPcapRecordHeaderBytes + frame_bytes;
  bucket.entries.push_back(
      {time_ns, static_cast<std::uint32_t>(bucket.used), static_cast<std::uint32_t>(size)});
  bucket.used += size;
}

void Tap::write(Bucket& bucket) {
  const auto earlier = [](const Entry& a, const Entry& b) { return a.time_ns < b.time_ns; };
  if (!std::is_sorted(bucket.entries.begin(), bucket.entries.end(), earlier)) {
    std::stable_sort(bucket.entries.begin(), bucket.entries.end(), earlier);
  }
  for (const Entry& entry : bucket.entries) {
    writer_.write({bucket.bytes.data() + entry.offset, entry.size});
    bytes_ += entry.size - kPcapRecordHeaderBytes;
  }
  packets_ += bucket.entries.size();
  bucket.entries.clear();
  bucket.used = 0;
}

void Tap::release(TimeNs time_ns) {
  while (front_ns_ + kBucketNs <= time_ns) {
    front_ns_ += kBucketNs;
    if (buckets_.empty()) continue;
    write(buckets_.front());
    spare_.push_back(std::move(buckets_.front()));
    buckets_.pop_front();
  }
}

}  // namespace mimir::simulator
