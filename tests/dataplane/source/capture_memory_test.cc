// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "dataplane/source/capture_file.h"
#include "tests/pcap_bytes.h"

namespace mimir::source {
namespace {

constexpr std::uint32_t kPacketBytes = 200'000;
constexpr std::size_t kPacketCount = 2100;  // six steps and a part of a seventh
constexpr std::size_t kPageBytes = 4096;

/// A capture of zeros, written with a header for each packet and holes between.
class SparseCapture {
 public:
  SparseCapture() : file_(memfd_create("mimir-test", MFD_CLOEXEC)) {
    const test::PcapBytes header;
    put(header.bytes(), 0);
    std::size_t at = header.bytes().size();
    for (std::uint32_t i = 0; i < kPacketCount; ++i) {
      const std::uint32_t record[4] = {i, 0, kPacketBytes, kPacketBytes};
      put(std::as_bytes(std::span(record)), at);
      at += sizeof record + kPacketBytes;
    }
    EXPECT_EQ(ftruncate(file_, static_cast<off_t>(at)), 0);
  }
  ~SparseCapture() { close(file_); }
  SparseCapture(const SparseCapture&) = delete;
  SparseCapture& operator=(const SparseCapture&) = delete;

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  void put(std::span<const std::byte> bytes, std::size_t at) const {
    const auto written = pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(at));
    EXPECT_EQ(written, static_cast<ssize_t>(bytes.size()));
  }

  int file_;
};

/// What this process holds of files (proc(5), /proc/pid/status).
std::size_t held_bytes() {
  std::ifstream status("/proc/self/status");
  std::size_t kilobytes = 0;
  for (std::string word; status >> word;) {
    std::size_t value = 0;
    if ((word == "RssFile:" || word == "RssShmem:") && status >> value) kilobytes += value;
  }
  return kilobytes * 1024;
}

/// Reads on to the end, every page of every packet; returns the most that was held.
std::size_t read_all(CaptureSource& source, std::size_t& packets) {
  std::size_t most = 0;
  std::uint32_t sum = 0;
  PacketBatch batch;
  while (source.poll(batch) == Poll::kMore) {
    for (std::size_t i = 0; i < batch.count; ++i) {
      const auto frame = batch.packets[i].frame();
      for (std::size_t at = 0; at < frame.size(); at += kPageBytes) {
        sum += static_cast<std::uint32_t>(frame[at]);
      }
    }
    packets += batch.count;
    most = std::max(most, held_bytes());
  }
  EXPECT_EQ(sum, 0U);
  return most;
}

TEST(CaptureMemory, HoldsAStepAndNotTheFile) {
  const SparseCapture capture;
  const CaptureFile file(capture.path().c_str());
  ASSERT_EQ(file.opened().fault, CaptureFault::kNone);
  const std::size_t before = held_bytes();
  CaptureSource source(file);
  std::size_t packets = 0;
  const std::size_t most = read_all(source, packets);
  EXPECT_EQ(packets, kPacketCount);
  // A batch is 64 packets, which is 13 MB of these.
  EXPECT_LT(most - before, CaptureBytes::kStepBytes * 3 / 2);
  EXPECT_GT(most - before, CaptureBytes::kStepBytes / 2) << "else nothing was read";
}

// The second reader begins when the first has ended: four steps are held for it, and it reads
// the rest again.
TEST(CaptureMemory, IsHeldForReadersCloseBehind) {
  const SparseCapture capture;
  const CaptureFile file(capture.path().c_str());
  ASSERT_EQ(file.opened().fault, CaptureFault::kNone);
  const std::size_t before = held_bytes();
  CaptureSource first(file, 2);
  CaptureSource second(file, 2);
  std::size_t packets = 0;
  const std::size_t most = read_all(first, packets) - before;
  EXPECT_GT(most, (CaptureBytes::kStepsHeldMax - 1) * CaptureBytes::kStepBytes);
  EXPECT_LT(most, (CaptureBytes::kStepsHeldMax + 2) * CaptureBytes::kStepBytes);
  EXPECT_LT(read_all(second, packets) - before,
            (CaptureBytes::kStepsHeldMax + 2) * CaptureBytes::kStepBytes);
  EXPECT_EQ(packets, 2 * kPacketCount);
  EXPECT_LT(held_bytes() - before, CaptureBytes::kStepBytes);
}

}  // namespace
}  // namespace mimir::source
