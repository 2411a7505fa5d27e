// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/spooled_sink.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

using Lines = std::vector<std::string>;

/// A receiver that a test switches on and off. It outlives its sinks.
struct Receiver {
  std::mutex mutex;
  std::condition_variable changed;
  Lines got;
  std::size_t attempts = 0;
  std::size_t room = 0;      ///< lines it takes until it is down
  bool refuses_odd = false;  ///< each line that ends in an odd digit

  void open(std::size_t lines) {
    const std::scoped_lock lock(mutex);
    room = lines;
  }
  bool wait_for(const std::function<bool()>& holds) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(60), holds);
  }
};

class ReceiverSink final : public Sink {
 public:
  explicit ReceiverSink(Receiver& receiver) : receiver_(receiver) {}
  Delivery deliver(std::span<const std::string> lines) override {
    const std::scoped_lock lock(receiver_.mutex);
    Delivery delivery;
    ++receiver_.attempts;
    for (const std::string& line : lines) {
      if (receiver_.room == 0) {
        delivery.fault = "it is down";
        break;
      }
      if (receiver_.refuses_odd && (line.back() - '0') % 2 == 1) {
        ++delivery.refused;
        continue;
      }
      --receiver_.room;
      receiver_.got.push_back(line);
      ++delivery.arrived;
    }
    receiver_.changed.notify_all();
    return delivery;
  }

 private:
  Receiver& receiver_;
};

class SpooledSinkTest : public testing::Test {
 protected:
  SpooledSinkTest() {
    std::string pattern = testing::TempDir() + "mimir-sink-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~SpooledSinkTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::unique_ptr<SpooledSink> open(std::uint64_t bytes_max = 1 << 20) {
    std::string fault;
    auto spool = Spool::open(folder_, bytes_max, fault);
    EXPECT_EQ(fault, "");
    return std::make_unique<SpooledSink>(
        "siem", std::move(spool), std::make_unique<ReceiverSink>(receiver_),
        SinkPatience{.retry_min = std::chrono::milliseconds(1),
                     .retry_max = std::chrono::milliseconds(5)},
        [this](bool is_warning, const std::string& text) {
          const std::scoped_lock lock(news_mutex_);
          news_.push_back((is_warning ? "warning " : "info ") + text);
        });
  }
  static void write(SpooledSink& sink, int begin, int end) {
    for (int i = begin; i < end; ++i) sink.write(std::to_string(i));
  }
  static Lines numbers(int begin, int end) {
    Lines all;
    for (int i = begin; i < end; ++i) all.push_back(std::to_string(i));
    return all;
  }

  std::string folder_;
  Receiver receiver_;
  std::mutex news_mutex_;
  Lines news_;
};

TEST_F(SpooledSinkTest, DeliversInOrderAndTheEndWaitsForIt) {
  receiver_.open(1'000'000);
  const auto sink = open();
  write(*sink, 0, 500);
  sink->finish();
  EXPECT_EQ(receiver_.got, numbers(0, 500));
  const OutputStatus status = sink->status();
  EXPECT_EQ(status.given, 500U);
  EXPECT_EQ(status.delivered, 500U);
  EXPECT_EQ(status.waiting, 0U);
  EXPECT_TRUE(status.balances());
  EXPECT_EQ(news_, Lines{});
}

TEST_F(SpooledSinkTest, WhatIsDownGetsEverythingInOrderOnceItIsBack) {
  const auto sink = open();
  write(*sink, 0, 50);
  ASSERT_TRUE(receiver_.wait_for([this] { return receiver_.attempts > 3; }));
  EXPECT_FALSE(sink->status().is_up);
  receiver_.open(20);  // and goes again in the middle
  ASSERT_TRUE(receiver_.wait_for([this] { return receiver_.got.size() == 20; }));
  write(*sink, 50, 60);
  receiver_.open(1000);
  ASSERT_TRUE(receiver_.wait_for([this] { return receiver_.got.size() == 60; }));
  sink->finish();
  EXPECT_EQ(receiver_.got, numbers(0, 60));
  EXPECT_TRUE(sink->status().is_up);
  EXPECT_GT(sink->status().retries, 3U);
  ASSERT_GE(news_.size(), 2U);
  EXPECT_EQ(news_.front().substr(0, 31), "warning siem: it is down; 50 al") << news_.front();
  EXPECT_EQ(news_.back().substr(0, 18), "info siem: is back") << news_.back();
}

TEST_F(SpooledSinkTest, WhatCouldNotBeDeliveredIsThereInTheNextLife) {
  {
    const auto sink = open();
    write(*sink, 0, 30);
    sink->finish();
    EXPECT_EQ(sink->status().waiting, 30U);
    EXPECT_TRUE(sink->status().balances());
  }
  receiver_.open(1000);
  const auto sink = open();
  write(*sink, 30, 40);
  ASSERT_TRUE(receiver_.wait_for([this] { return receiver_.got.size() == 40; }));
  sink->finish();
  EXPECT_EQ(receiver_.got, numbers(0, 40));
  EXPECT_EQ(sink->status().found, 30U);
  EXPECT_EQ(sink->status().delivered, 40U);
  EXPECT_TRUE(sink->status().balances());
}

TEST_F(SpooledSinkTest, CountsWhatIsRefusedAndGoesOn) {
  receiver_.open(1000);
  receiver_.refuses_odd = true;
  const auto sink = open();
  write(*sink, 0, 10);
  sink->finish();
  EXPECT_EQ(receiver_.got, (Lines{"0", "2", "4", "6", "8"}));
  EXPECT_EQ(sink->status().refused, 5U);
  EXPECT_TRUE(sink->status().balances());
}

TEST_F(SpooledSinkTest, CountsWhatFindsNoRoomInTheSpool) {
  const auto sink = open(65'536);
  for (int i = 0; i < 100; ++i) sink->write(std::string(1023, 'x'));
  sink->finish();
  const OutputStatus status = sink->status();
  EXPECT_EQ(status.spool_full, 36U);
  EXPECT_EQ(status.waiting, 64U);
  EXPECT_EQ(status.spool_bytes, 65'536U);
  EXPECT_TRUE(status.balances());
}

}  // namespace
}  // namespace mimir::controlplane
