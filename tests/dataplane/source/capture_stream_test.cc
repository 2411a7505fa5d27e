// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/capture_stream.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "tests/frame.h"
#include "tests/pcap_bytes.h"
#include "tests/pcapng_bytes.h"
#include "tests/random.h"
#include "tests/temporary_file.h"

namespace mimir::source {
namespace {

using Bytes = std::vector<std::byte>;
using test::Frame;
using test::PcapBytes;
using test::TemporaryFile;

/// A packet of a test: when it was, and a number that says which it is.
struct Packet {
  std::uint32_t time_us = 0;
  std::uint32_t id = 0;
  LinkType link = LinkType::kEthernet;
  friend bool operator==(const Packet&, const Packet&) = default;
};

Bytes frame_of(std::uint32_t id) {
  Bytes bytes(40);
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::byte>(id >> (8 * i));
  return bytes;
}

/// 1 is Ethernet, 101 raw IP.
Bytes capture_of(const std::vector<Packet>& packets, std::uint32_t link_number = 1) {
  PcapBytes bytes({.link_number = link_number});
  for (const Packet& packet : packets) bytes.packet(0, packet.time_us, frame_of(packet.id), 40);
  return bytes.bytes();
}

std::vector<Packet> read(PacketSource& source) {
  std::vector<Packet> packets;
  PacketBatch batch;
  while (source.poll(batch) == Poll::kMore) {
    EXPECT_GT(batch.count, 0u);
    for (std::size_t i = 0; i < batch.count; ++i) {
      const PacketView& view = batch.packets[i];
      std::uint32_t id = 0;  // read now: the bytes are lent until the next poll
      for (std::size_t k = 0; k < 4; ++k)
        id |= std::to_integer<std::uint32_t>(view.data[k]) << 8 * k;
      packets.push_back({static_cast<std::uint32_t>(view.time_ns / 1000), id, batch.link});
    }
  }
  EXPECT_EQ(batch.count, 0u);
  EXPECT_EQ(source.poll(batch), Poll::kEnd) << "the end stays the end";
  return packets;
}

/// Captures on disk, as a set would be given them.
class Files {
 public:
  void add(const Bytes& bytes) {
    files_.push_back(std::make_unique<TemporaryFile>(bytes));
    paths_.emplace_back(files_.back()->path());
  }
  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }

 private:
  std::vector<std::unique_ptr<TemporaryFile>> files_;
  std::vector<std::string> paths_;
};

std::vector<Packet> read_all(const Files& files) {
  CaptureSet set(files.paths());
  CaptureStream stream(set);
  return read(stream);
}

/// The definition, packet by packet over all captures: no heap, no batches.
std::vector<Packet> merge(std::vector<std::vector<Packet>> captures) {
  std::stable_sort(captures.begin(), captures.end(), [](const auto& a, const auto& b) {
    return !a.empty() && !b.empty() && a.front().time_us < b.front().time_us;
  });
  std::vector<std::size_t> at(captures.size());
  std::vector<Packet> merged;
  for (;;) {
    std::size_t best = captures.size();
    for (std::size_t i = 0; i < captures.size(); ++i) {
      if (at[i] == captures[i].size()) continue;
      if (best == captures.size() ||
          captures[i][at[i]].time_us < captures[best][at[best]].time_us) {
        best = i;
      }
    }
    if (best == captures.size()) return merged;
    merged.push_back(captures[best][at[best]++]);
  }
}

/// How many of this process's mappings are of files that lie in memory, as the tests' do.
std::size_t mapped_captures() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find("memfd:mimir-test") != std::string::npos) ++count;
  }
  return count;
}

std::vector<Packet> run_of(std::uint32_t first_us, std::uint32_t count, std::uint32_t step_us,
                           std::uint32_t first_id) {
  std::vector<Packet> packets;
  for (std::uint32_t i = 0; i < count; ++i)
    packets.push_back({first_us + i * step_us, first_id + i});
  return packets;
}

TEST(CaptureStream, RotatedFilesFollowEachOtherInWhateverOrderTheyAreGiven) {
  const std::vector<Packet> whole = run_of(100, 500, 3, 0);
  Files files;
  for (const std::ptrdiff_t piece : {3, 0, 4, 2, 1}) {
    files.add(capture_of({whole.begin() + 100 * piece, whole.begin() + 100 * piece + 100}));
  }
  EXPECT_EQ(read_all(files), whole);
}

TEST(CaptureStream, TheSmallestNextPacketComesFirstWhateverTheCaptures) {
  test::Random generator(7);
  const auto below = [&generator](std::uint32_t bound) {
    return static_cast<std::uint32_t>(generator.below(bound));
  };
  for (int round = 0; round < 200; ++round) {
    Files files;
    std::vector<std::vector<Packet>> captures(1 + below(7));
    std::uint32_t id = 0;
    for (std::vector<Packet>& capture : captures) {
      // Times collide, go back now and then, and some captures are long and dense.
      std::uint32_t time_us = 50 + below(300);
      const std::uint32_t count = 1 + below(300);
      const std::uint32_t step = 1 + below(4);
      for (std::uint32_t i = 0; i < count; ++i) {
        capture.push_back({time_us, id++});
        time_us += below(step);
        if (below(20) == 0) time_us -= std::min(time_us, 5u);
      }
      files.add(capture_of(capture));
    }
    ASSERT_EQ(read_all(files), merge(captures)) << round;
  }
}

TEST(CaptureStream, ACaptureAloneIsReadByEveryReaderAndThenClosed) {
  const std::vector<Packet> whole = run_of(3, 1000, 1, 0);
  Files files;
  Bytes cut = capture_of(whole);
  cut.pop_back();
  files.add(cut);
  CaptureSet set(files.paths());
  set.expect_readers(3);
  {
    CaptureStream left_early(set);
    PacketBatch batch;
    EXPECT_EQ(left_early.poll(batch), Poll::kMore);
  }
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(mapped_captures(), 1u);
    CaptureStream stream(set);
    EXPECT_EQ(read(stream), std::vector<Packet>(whole.begin(), whole.end() - 1));
  }
  EXPECT_EQ(mapped_captures(), 0u);
  EXPECT_EQ(set.parts()[0].ended.fault, CaptureFault::kPacketCut);
}

TEST(CaptureStream, EquallyEarlyPacketsComeInTheOrderOfTheirCaptures) {
  Files files;
  files.add(capture_of({{10, 0}, {20, 1}, {20, 2}}));
  files.add(capture_of({{5, 3}, {20, 4}}));
  files.add(capture_of({{10, 5}, {20, 6}}));
  const std::vector<Packet> expected = {{5, 3},  {10, 0}, {10, 5}, {20, 4},
                                        {20, 1}, {20, 2}, {20, 6}};
  EXPECT_EQ(read_all(files), expected);
}

TEST(CaptureStream, ABatchEndsWhereTheLinkChanges) {
  Files files;
  files.add(capture_of({{1, 0}, {3, 1}, {5, 2}}));
  files.add(capture_of({{2, 3}, {3, 4}}, 101));
  const std::vector<Packet> expected = {{1, 0, LinkType::kEthernet},
                                        {2, 3, LinkType::kRawIp},
                                        {3, 1, LinkType::kEthernet},
                                        {3, 4, LinkType::kRawIp},
                                        {5, 2, LinkType::kEthernet}};
  EXPECT_EQ(read_all(files), expected);
}

TEST(CaptureStream, MergesPcapngOfSeveralLinksWithClassicPcap) {
  test::PcapngBytes section;
  section.interface(1).interface(101);
  section.enhanced(0, 10, frame_of(0), 40).enhanced(1, 20, frame_of(1), 40);
  section.enhanced(0, 30, frame_of(2), 40);
  Files files;
  files.add(capture_of({{15, 3}, {25, 4}}));
  files.add(section.bytes());
  const std::vector<Packet> expected = {
      {10, 0}, {15, 3}, {20, 1, LinkType::kRawIp}, {25, 4}, {30, 2}};
  EXPECT_EQ(read_all(files), expected);
}

TEST(CaptureStream, OnlyWhatIsBeingReadIsOpen) {
  constexpr std::uint32_t kFiles = 50;
  Files files;
  for (std::uint32_t i = 0; i < kFiles; ++i)
    files.add(capture_of(run_of(1000 * i, 100, 1, 100 * i)));
  CaptureSet set(files.paths());
  EXPECT_EQ(mapped_captures(), 0u) << "each was looked at and closed";
  set.expect_readers(2);
  CaptureStream first(set);
  CaptureStream second(set);
  PacketBatch batch;
  std::size_t most = 0;
  while (first.poll(batch) == Poll::kMore) {
    PacketBatch other;
    ASSERT_EQ(second.poll(other), Poll::kMore);
    most = std::max(most, mapped_captures());
  }
  EXPECT_LE(most, 2u) << "the one that is read, and the one whose last packets are lent";
  EXPECT_EQ(second.poll(batch), Poll::kEnd);
  EXPECT_EQ(mapped_captures(), 0u);
}

TEST(CaptureStream, ReadersInThreadsOfTheirOwnSeeTheSame) {
  Files files;
  std::vector<std::vector<Packet>> captures;
  for (std::uint32_t i = 0; i < 20; ++i) {
    captures.push_back(run_of(500 * i, 300, 2, 300 * i));
    files.add(capture_of(captures.back()));
  }
  CaptureSet set(files.paths());
  std::array<std::vector<Packet>, 4> seen;
  set.expect_readers(seen.size());
  {
    std::vector<std::jthread> threads;
    for (std::vector<Packet>& packets : seen) {
      threads.emplace_back([&set, &packets] {
        CaptureStream stream(set);
        packets = read(stream);
      });
    }
  }
  for (const std::vector<Packet>& packets : seen) EXPECT_EQ(packets, merge(captures));
  EXPECT_EQ(mapped_captures(), 0u);
}

TEST(CaptureStream, ADamagedCaptureIsReadToTheDamageAndTheOthersToTheirEnd) {
  Files files;
  files.add(capture_of({{1, 0}, {4, 1}}));
  Bytes cut = capture_of({{2, 2}, {3, 3}, {5, 4}});
  cut.pop_back();
  files.add(cut);
  files.add(capture_of({{6, 5}}));
  CaptureSet set(files.paths());
  {
    CaptureStream stream(set);
    const std::vector<Packet> expected = {{1, 0}, {2, 2}, {3, 3}, {4, 1}, {6, 5}};
    EXPECT_EQ(read(stream), expected);
  }
  EXPECT_EQ(set.parts()[0].ended.fault, CaptureFault::kNone);
  EXPECT_EQ(set.parts()[1].ended.fault, CaptureFault::kPacketCut);
  EXPECT_EQ(set.parts()[1].ended.offset_bytes, 24u + 2 * 56);
  EXPECT_EQ(set.parts()[2].ended.fault, CaptureFault::kNone);
}

TEST(CaptureSet, SaysWhatCannotBeReadAndKeepsTheRest) {
  Files files;
  files.add(Bytes(100));
  files.add({});
  files.add(capture_of({}));
  files.add(capture_of({{9, 0}}, 101));
  std::vector<std::string> paths = files.paths();
  paths.emplace_back("/nonexistent/capture.pcap");
  CaptureSet set(paths);
  EXPECT_TRUE(set.is_readable());
  EXPECT_EQ(set.first_ns(), 9000);
  EXPECT_EQ(set.first_link(), LinkType::kRawIp);
  const std::vector<CaptureFault> expected = {CaptureFault::kNotACapture, CaptureFault::kEmpty,
                                              CaptureFault::kNone, CaptureFault::kNone,
                                              CaptureFault::kCannotOpen};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(set.parts()[i].opened.fault, expected[i]) << i;
  }
  ASSERT_EQ(set.in_time_order().size(), 1u);
  EXPECT_EQ(set.in_time_order()[0], 3u);
}

TEST(CaptureSet, NothingReadableIsSaid) {
  Files files;
  files.add(Bytes(100));
  EXPECT_FALSE(CaptureSet(files.paths()).is_readable());
  EXPECT_FALSE(CaptureSet({}).is_readable());
  EXPECT_EQ(CaptureSet({}).first_ns(), 0);
}

TEST(CaptureSet, AFileThatVanishesBeforeItsTurnIsAFaultOfItsOwn) {
  std::string path = testing::TempDir() + "mimir-test-XXXXXX";
  const int file = mkstemp(path.data());
  const Bytes bytes = capture_of({{5, 2}});
  ASSERT_EQ(write(file, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  close(file);
  Files files;
  files.add(capture_of({{1, 0}, {9, 1}}));
  CaptureSet set({files.paths()[0], path});
  ASSERT_EQ(set.in_time_order().size(), 2u);
  unlink(path.c_str());
  CaptureStream stream(set);
  EXPECT_EQ(read(stream), (std::vector<Packet>{{1, 0}, {9, 1}}));
  EXPECT_EQ(set.parts()[1].opened.fault, CaptureFault::kNone);
  EXPECT_EQ(set.parts()[1].ended.fault, CaptureFault::kCannotOpen);
}

/// A Zstandard frame of raw blocks of 100 kB (RFC 8878 §3.1.1), no checksum.
Bytes zstd(std::span<const std::byte> plain) {
  Bytes bytes;
  const auto put = [&bytes](std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(value >> 8 * i));
  };
  put(0xfd2fb528, 4);
  put(0x3800, 2);  // a window of 128 kB, and no size of the whole
  while (!plain.empty()) {
    const std::span<const std::byte> block =
        plain.first(std::min<std::size_t>(100'000, plain.size()));
    plain = plain.subspan(block.size());
    put(block.size() << 3 | (plain.empty() ? 1u : 0u), 3);
    bytes.insert(bytes.end(), block.begin(), block.end());
  }
  return bytes;
}

TEST(CaptureSet, ACompressedCaptureOfWhichMoreThanItsBeginningIsNeededIsReadWhole) {
  const std::vector<Packet> many = run_of(1000, 40'000, 1, 0);
  Files files;
  files.add(zstd(capture_of(many)));
  for (const std::size_t before : {std::size_t{100}, 2 * CaptureBytes::kBeginningBytes}) {
    test::PcapngBytes late;  // blocks of a kind that is passed over, then the first packet
    late.block(0x0bad, Bytes(before)).interface(1).enhanced(0, 500, frame_of(7), 40);
    files.add(zstd(late.bytes()));
  }
  std::vector<Packet> expected = {{500, 7}, {500, 7}};
  expected.insert(expected.end(), many.begin(), many.end());
  EXPECT_EQ(read_all(files), expected);
}

/// Standard input from a descriptor, given back with its owner.
class StandardInput {
 public:
  explicit StandardInput(int from) : saved_(dup(STDIN_FILENO)) { (void)dup2(from, STDIN_FILENO); }
  ~StandardInput() {
    (void)dup2(saved_, STDIN_FILENO);
    (void)close(saved_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  int saved_;
};

std::vector<Packet> read_piped(const Bytes& bytes, CaptureState* opened = nullptr) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  const StandardInput input(ends[0]);
  close(ends[0]);
  std::jthread writer([&bytes, &ends] {
    std::size_t done = 0;
    while (done < bytes.size()) {  // in steps that no block and no packet has
      const std::size_t step = std::min<std::size_t>(777, bytes.size() - done);
      const ssize_t wrote = write(ends[1], bytes.data() + done, step);
      if (wrote <= 0) break;
      done += static_cast<std::size_t>(wrote);
    }
    close(ends[1]);
  });
  CaptureSet set({CaptureSet::kStandardInput});
  if (opened != nullptr) *opened = set.parts()[0].opened;
  CaptureStream stream(set);
  return read(stream);
}

TEST(StandardInput, APipeIsReadToItsEnd) {
  const std::vector<Packet> whole = run_of(0, 10000, 1, 0);
  EXPECT_EQ(read_piped(capture_of(whole)), whole);
  test::PcapngBytes section;
  section.interface(1).enhanced(0, 7, frame_of(1), 40);
  EXPECT_EQ(read_piped(section.bytes()), (std::vector<Packet>{{7, 1}}));
}

TEST(StandardInput, AnEmptyPipeIsEmpty) {
  CaptureState opened;
  EXPECT_TRUE(read_piped({}, &opened).empty());
  EXPECT_EQ(opened.fault, CaptureFault::kEmpty);
}

TEST(StandardInput, AFileIsMappedAndFromItsMiddleTheRestIsRead) {
  const Bytes bytes = capture_of({{1, 0}, {2, 1}});
  for (const std::size_t before : {std::size_t{0}, std::size_t{5}}) {
    Bytes content(before, std::byte{0xff});
    content.insert(content.end(), bytes.begin(), bytes.end());
    const TemporaryFile on_disk(content);
    const int file = open(on_disk.path(), O_RDONLY | O_CLOEXEC);
    (void)lseek(file, static_cast<off_t>(before), SEEK_SET);
    const StandardInput input(file);
    close(file);
    CaptureSet set({CaptureSet::kStandardInput});
    EXPECT_EQ(mapped_captures(), before == 0 ? 1u : 0u);
    CaptureStream stream(set);
    EXPECT_EQ(read(stream), (std::vector<Packet>{{1, 0}, {2, 1}})) << before;
  }
}

TEST(StandardInput, IsMergedWithFiles) {
  Files files;
  files.add(capture_of({{1, 0}, {3, 1}}));
  const TemporaryFile on_disk(capture_of({{2, 2}, {4, 3}}));
  const int file = open(on_disk.path(), O_RDONLY | O_CLOEXEC);
  const StandardInput input(file);
  close(file);
  CaptureSet set({CaptureSet::kStandardInput, files.paths()[0]});
  set.expect_readers(2);
  for (int i = 0; i < 2; ++i) {
    CaptureStream stream(set);
    EXPECT_EQ(read(stream), (std::vector<Packet>{{1, 0}, {2, 2}, {3, 1}, {4, 3}}));
  }
}

}  // namespace
}  // namespace mimir::source
