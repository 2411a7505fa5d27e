// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/kafka_sink.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

using Lines = std::vector<std::string>;
constexpr const char* kTopic = "alerts";
constexpr int kPatienceMs = 60'000;

// librdkafka's own test broker, which speaks the protocol over TCP.
class KafkaSinkTest : public testing::Test {
 protected:
  KafkaSinkTest() {
    std::string error(512, '\0');
    owner_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error.data(), error.size());
    cluster_ = rd_kafka_mock_cluster_new(owner_, 1);
    (void)rd_kafka_mock_topic_create(cluster_, kTopic, 1, 1);
  }
  ~KafkaSinkTest() override {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(owner_);
  }

  [[nodiscard]] std::unique_ptr<Sink> open() const {
    std::string fault;
    auto sink = make_kafka_sink(
        {.brokers = rd_kafka_mock_cluster_bootstraps(cluster_), .topic = kTopic, .ca_path = {}},
        fault);
    EXPECT_EQ(fault, "");
    return sink;
  }

  /// The first `count` messages, read by a consumer as anybody would.
  [[nodiscard]] Lines consume(std::size_t count) const {
    rd_kafka_conf_t* const settings = rd_kafka_conf_new();
    const auto set = [&](const char* name, const char* value) {
      (void)rd_kafka_conf_set(settings, name, value, nullptr, 0);
    };
    set("bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster_));
    set("group.id", "test");
    set("auto.offset.reset", "earliest");
    rd_kafka_t* const consumer = rd_kafka_new(RD_KAFKA_CONSUMER, settings, nullptr, 0);
    rd_kafka_topic_partition_list_t* const topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, kTopic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    (void)rd_kafka_assign(consumer, topics);
    Lines lines;
    while (lines.size() < count) {
      rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer, kPatienceMs);
      if (message == nullptr) break;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        lines.emplace_back(static_cast<const char*>(message->payload), message->len);
      }
      rd_kafka_message_destroy(message);
    }
    rd_kafka_topic_partition_list_destroy(topics);
    (void)rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return lines;
  }

  rd_kafka_t* owner_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

TEST_F(KafkaSinkTest, WhatArrivedIsWithTheBrokerInOrder) {
  const auto sink = open();
  const Lines lines{"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"};
  const Delivery delivery = sink->deliver(lines);
  EXPECT_EQ(delivery.fault, "");
  EXPECT_EQ(delivery.arrived, 3U);
  EXPECT_EQ(consume(3), lines);
}

TEST_F(KafkaSinkTest, ABrokerThatIsDownTakesNothingAndAllOfItOnceItIsBack) {
  const auto sink = open();
  EXPECT_EQ(sink->deliver(Lines{"first"}).arrived, 1U);
  (void)rd_kafka_mock_broker_set_down(cluster_, 1);
  const Delivery failed = sink->deliver(Lines{"second", "third"});
  EXPECT_EQ(failed.done(), 0U);
  EXPECT_NE(failed.fault.find("took it in time"), std::string::npos) << failed.fault;
  (void)rd_kafka_mock_broker_set_up(cluster_, 1);
  EXPECT_EQ(sink->deliver(Lines{"second", "third"}).arrived, 2U);
  EXPECT_EQ(consume(3), (Lines{"first", "second", "third"}));
}

TEST_F(KafkaSinkTest, WhatIsTooLargeIsRefusedAndTheRestArrives) {
  const auto sink = open();
  const Delivery delivery = sink->deliver(Lines{"small", std::string(2'000'000, 'x'), "small too"});
  EXPECT_EQ(delivery.arrived, 2U);
  EXPECT_EQ(delivery.refused, 1U);
  EXPECT_EQ(delivery.fault, "");
}

}  // namespace
}  // namespace mimir::controlplane
