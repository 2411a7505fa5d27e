// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/tap.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace mimir::simulator {
namespace {

/// Between the two sides of a bridge or of the address translation.
constexpr TimeNs kNextCopyNs = 4'000;
constexpr std::uint16_t kNodePort = 32209;  // where the node takes the users' connections

}  // namespace

Tap::Tap(PcapWriter& writer, View view, TimeNs begin_ns, TimeNs end_ns)
    : writer_(writer), view_(std::move(view)), end_ns_(end_ns), front_ns_(begin_ns) {}

bool Tap::see(TimeNs time_ns, const Header& header, bool from_client, const Route& route,
              const Message& payload, std::size_t offset, std::size_t length) {
  if (time_ns >= end_ns_) return false;
  if (view_.observation == Observation::kMirror) {
    keep(time_ns, header, payload, offset, length);
  } else {
    see_on_node(time_ns, header, from_client, route, payload, offset, length);
  }
  return true;
}

void Tap::see_on_node(TimeNs time_ns, const Header& header, bool from_client, const Route& route,
                      const Message& payload, std::size_t offset, std::size_t length) {
  std::array<Header, 3> copies{header, header, header};
  std::size_t count = 2;
  Header& first = copies[0];
  Header& second = copies[1];
  if (route.virtual_server.address != 0) {
    (from_client ? first.destination : second.source) = route.virtual_server;
    if (!from_client && route.is_server_on_node) first.source = route.virtual_server;
  } else if (route.client == Route::Client::kNode) {
    for (Header& each : copies) {
      (from_client ? each.source : each.destination).address = view_.gateway;
    }
  } else if (route.client == Route::Client::kOutside) {
    count = 3;
    if (from_client) {
      first.destination = {view_.node, kNodePort};
      second.source.address = view_.gateway;
      copies[2].source.address = view_.gateway;
    } else {
      first.destination.address = view_.gateway;
      copies[2].source = {view_.node, kNodePort};
    }
  } else if (route.is_to_outside) {
    (from_client ? second.source : first.destination).address = view_.node;
  }
  for (std::size_t i = 0; i < count; ++i) {
    keep(std::min(time_ns + static_cast<TimeNs>(i) * kNextCopyNs, end_ns_ - 1), copies[i], payload,
         offset, length);
  }
}

std::uint32_t Tap::node_of(std::uint32_t address) const {
  const std::uint32_t index = (address - view_.pod_network) >> 8;
  return index < view_.nodes.size() ? view_.nodes[index] : 0;
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
  const std::size_t room = kPcapRecordHeaderBytes + kTunnelBytes + kFrameHeaderBytesMax + length;
  if (bucket.bytes.size() < bucket.used + room) bucket.bytes.resize(2 * bucket.used + 4 * room);
  std::uint8_t* const out = bucket.bytes.data() + bucket.used;
  std::uint8_t* const frame = out + kPcapRecordHeaderBytes;
  std::size_t frame_bytes = 0;
  if (view_.encapsulation == Encapsulation::kVxlan) {
    const std::uint32_t from = node_of(header.source.address);
    const std::uint32_t to = node_of(header.destination.address);
    const bool is_tunnelled = from != 0 && to != 0 && from != to;
    frame_bytes =
        write_frame(header, payload, offset, length, is_tunnelled ? frame + kTunnelBytes : frame);
    if (is_tunnelled) frame_bytes = write_tunnel(from, to, frame_bytes, frame);
  } else {
    frame_bytes = write_frame(header, payload, offset, length, frame);
  }
  const std::size_t kept_bytes =
      view_.snap_bytes == 0 ? frame_bytes : std::min<std::size_t>(frame_bytes, view_.snap_bytes);
  write_pcap_record_header(time_ns, static_cast<std::uint32_t>(kept_bytes),
                           static_cast<std::uint32_t>(frame_bytes), out);
  const std::size_t size = kPcapRecordHeaderBytes + kept_bytes;
  bucket.entries.push_back({time_ns, static_cast<std::uint32_t>(bucket.used),
                            static_cast<std::uint32_t>(size),
                            static_cast<std::uint32_t>(frame_bytes)});
  bucket.used += size;
}

void Tap::write(Bucket& bucket) {
  const auto earlier = [](const Entry& a, const Entry& b) { return a.time_ns < b.time_ns; };
  if (!std::is_sorted(bucket.entries.begin(), bucket.entries.end(), earlier)) {
    std::stable_sort(bucket.entries.begin(), bucket.entries.end(), earlier);
  }
  for (const Entry& entry : bucket.entries) {
    writer_.write({bucket.bytes.data() + entry.offset, entry.size});
    bytes_ += entry.frame_bytes;
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
