// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "dataplane/source/capture_file.h"
#include "dataplane/source/capture_set.h"
#include "dataplane/source/packet_source.h"

namespace mimir::source {

/// Walks a set of captures as one stream. Of the next packets of all captures the
/// earliest comes first, of equally early ones that of the capture which begins
/// first; a capture's own packets keep their order. So rotated files follow each
/// other and those of several interfaces are merged. Equal sets give equal packets.
///
/// A damaged capture is read up to the damage and the others go on. A batch ends
/// where the link changes.
///
/// Cost: nothing for a capture alone. Else a copy of 32 bytes a packet, and a step in a heap
/// of the captures open every 64 packets and where the stream changes from one to another.
/// Allocates where a capture begins.
class CaptureStream final : public PacketSource {
 public:
  /// REQUIRES: `captures` outlives this and expects it among its readers.
  explicit CaptureStream(CaptureSet& captures) : captures_(captures) {}
  ~CaptureStream() override;
  CaptureStream(const CaptureStream&) = delete;
  CaptureStream& operator=(const CaptureStream&) = delete;

  [[nodiscard]] Poll poll(PacketBatch& batch) noexcept override;

 private:
  /// Where a capture's next packet stands in the stream.
  struct Place {
    TimeNs time_ns;
    std::size_t rank;  ///< of the capture, in the order in which they begin
    [[nodiscard]] auto operator<=>(const Place&) const noexcept = default;
  };
  /// A capture that is being read, with what of it is not in the stream yet.
  struct Head {
    Head(std::size_t its_rank, const CaptureFile& file, std::size_t reader_count)
        : rank(its_rank), source(file, reader_count) {}

    [[nodiscard]] bool has_packet() const noexcept { return at < ahead.count; }
    /// REQUIRES: has_packet().
    [[nodiscard]] Place place() const noexcept { return {ahead.packets[at].time_ns, rank}; }
    /// The next packets, if there are none at hand. False at the end.
    [[nodiscard]] bool fetch() noexcept;

    std::size_t rank;
    CaptureSource source;
    PacketBatch ahead;
    std::size_t at = 0;
  };
  using HeadPointer = std::unique_ptr<Head>;

  static bool is_later(const HeadPointer& a, const HeadPointer& b) noexcept;
  [[nodiscard]] Poll poll_alone(PacketBatch& batch) noexcept;
  void open_what_is_due();
  void take_run(Head& head, PacketBatch& batch) noexcept;
  [[nodiscard]] Place next_place() const noexcept;
  void put(HeadPointer head);
  void let_go(const Head& head);
  void let_go_of_ended();

  CaptureSet& captures_;
  std::unique_ptr<CaptureSource> alone_;  ///< the only capture, while it is read
  std::size_t next_rank_ = 0;             ///< of the next capture to open
  std::vector<HeadPointer> heads_;        ///< a heap, the earliest on top; each has a packet
  std::vector<HeadPointer> ended_;        ///< what their packets lie in is still lent
};

}  // namespace mimir::source
