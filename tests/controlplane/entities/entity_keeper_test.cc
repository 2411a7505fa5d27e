// SPDX-License-Identifier: Apache-2.0
#include "controlplane/entities/entity_keeper.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "config/diagnostic.h"
#include "controlplane/entities/file_source.h"
#include "model/entity/address_text.h"
#include "model/entity/entity_log.h"
#include "model/entity/entity_map.h"
#include "model/entity/history.h"

namespace mimir::controlplane {
namespace {

using entity::Event;

constexpr std::size_t kLong = 100;
constexpr TimeNs kStart = 1'767'225'600 * kNsPerSecond;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "mimir-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string at(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ostringstream bytes;
    bytes << std::ifstream(path_ / name).rdbuf();
    return std::move(bytes).str();
  }
  /// As others write it: beside it, then in its place.
  void replace(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / "new") << text;
    std::filesystem::rename(path_ / "new", path_ / name);
  }
  void append(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::app) << text;
  }

 private:
  std::filesystem::path path_;
};

Event pod(TimeNs time_ns, std::string name, const std::string& ip) {
  Event event;
  event.time_ns = time_ns;
  event.entity = {.name = std::move(name), .namespace_name = "shop"};
  event.addresses = {*entity::parse_address(ip)};
  return event;
}

std::string lines(const std::vector<Event>& events) {
  std::string text;
  for (const Event& event : events) text += entity::to_line(event) + '\n';
  return text;
}

/// Says what it is told to.
class Script final : public EntitySource {
 public:
  [[nodiscard]] const char* name() const override { return "script"; }
  void wait(std::chrono::milliseconds /*duration*/) override {}
  [[nodiscard]] std::optional<std::vector<Event>> take(TimeNs /*now_ns*/) override {
    return std::exchange(state, std::nullopt);
  }
  [[nodiscard]] TimeNs last_update_ns() const override { return 42; }
  [[nodiscard]] std::string fault() const override { return said; }
  [[nodiscard]] std::uint64_t fault_count() const override { return 3; }

  std::optional<std::vector<Event>> state;
  std::string said;
};

/// A keeper beside its source and what came of it.
struct Kept {
  explicit Kept(std::vector<Event> begin, std::unique_ptr<EntityRecorder> recorder = nullptr) {
    auto owned = std::make_unique<Script>();
    source = owned.get();
    keeper = std::make_unique<EntityKeeper>(
        std::move(owned), std::move(recorder), std::move(begin), [this] { return now_ns; },
        [this](std::span<const Event> all, bool is_renumbered) {
          // All of a long one each time would make the test's own work quadratic.
          if (all.size() < kLong || is_renumbered) history.assign(all.begin(), all.end());
          ++sent;
          renumbered += static_cast<int>(is_renumbered);
        },
        [this](bool is_warning, const std::string& text) {
          news.push_back((is_warning ? "! " : "") + text);
        });
  }
  void turn(std::optional<std::vector<Event>> state) {
    source->state = std::move(state);
    keeper->turn(std::chrono::milliseconds(0));
  }
  [[nodiscard]] std::string holder(const std::string& ip, TimeNs time_ns) const {
    const auto map = entity::EntityMap::build(history);
    const auto id = map.resolve(*entity::parse_address(ip), time_ns);
    return id ? map.entity(*id).name : "nobody";
  }

  TimeNs now_ns = kStart;
  Script* source = nullptr;
  std::unique_ptr<EntityKeeper> keeper;
  std::vector<Event> history;
  std::vector<std::string> news;
  int sent = 0;
  int renumbered = 0;
};

TEST(EntityKeeper, ChangesJoinTheHistoryFromWhenTheyHold) {
  Kept kept({pod(kStart, "a", "10.0.0.1")});
  kept.turn(std::vector{pod(kStart, "a", "10.0.0.1")});
  EXPECT_EQ(kept.sent, 0) << "nothing is new";
  kept.now_ns += 10 * kNsPerSecond;
  const TimeNs since_ns = kept.now_ns - 2 * kNsPerSecond;
  kept.turn(std::vector{pod(since_ns, "a", "10.0.0.1"), pod(since_ns, "b", "10.0.0.2")});
  EXPECT_EQ(kept.sent, 1);
  EXPECT_EQ(kept.holder("10.0.0.2", since_ns - 1), "nobody");
  EXPECT_EQ(kept.holder("10.0.0.2", since_ns), "b");
  EXPECT_EQ(kept.keeper->last_update_ns(), 42);
  EXPECT_EQ(kept.keeper->fault_count(), 3U);

  // An address changes hands now and not before, whatever the source says of the new one.
  kept.now_ns += 10 * kNsPerSecond;
  kept.turn(std::vector{pod(kept.now_ns - 2 * kNsPerSecond, "a", "10.0.0.1"),
                        pod(kept.now_ns - 2 * kNsPerSecond, "c", "10.0.0.2")});
  EXPECT_EQ(kept.holder("10.0.0.2", kept.now_ns - 1), "b");
  EXPECT_EQ(kept.holder("10.0.0.2", kept.now_ns), "c");
  EXPECT_TRUE(entity::EntityMap::build(kept.history).conflicts().empty());
}

TEST(EntityKeeper, NothingJoinsBehindWhatIsKnown) {
  Kept kept({pod(kStart, "a", "10.0.0.1")});
  // A clock that was set back, and a source that speaks of long ago.
  kept.now_ns = kStart - 100 * kNsPerSecond;
  kept.turn(std::vector{pod(0, "a", "10.0.0.1"), pod(0, "b", "10.0.0.2")});
  ASSERT_EQ(kept.history.size(), 2U);
  EXPECT_GT(kept.history[1].time_ns, kStart) << "the first moment means always";
  EXPECT_EQ(kept.holder("10.0.0.2", kStart), "nobody");
}

TEST(EntityKeeper, AHistoryThatGrewIsCutToWhatIsThere) {
  Kept kept({pod(kStart, "a", "10.0.0.1")});
  const auto count = static_cast<int>(EntityKeeper::kEventMax / 2) + 10;
  for (int i = 0; i < count && kept.renumbered == 0; ++i) {
    kept.now_ns += kNsPerSecond;
    kept.turn(std::vector{pod(kept.now_ns, "job-" + std::to_string(i), "10.0.0.2")});
  }
  EXPECT_EQ(kept.renumbered, 1);
  EXPECT_EQ(kept.history.size(), 1U);
  EXPECT_EQ(kept.holder("10.0.0.2", kept.now_ns - 5 * kNsPerSecond), kept.history[0].entity.name)
      << "what is there was there";
}

TEST(EntityKeeper, AFaultIsSaidOnceAndThatItIsOver) {
  Kept kept({pod(kStart, "a", "10.0.0.1")});
  kept.source->said = "no answer";
  kept.turn(std::nullopt);
  kept.turn(std::nullopt);
  kept.source->said.clear();
  kept.turn(std::nullopt);
  ASSERT_EQ(kept.news.size(), 2U);
  EXPECT_EQ(kept.news[0], "! entities by script: no answer; the last map that was good holds");
  EXPECT_EQ(kept.news[1], "entities by script: well again");
}

TEST(EntityRecorder, TheLogReplaysToWhatIsThere) {
  const Folder folder;
  config::Diagnostics faults;
  auto recorder = EntityRecorder::open(folder.at("log"), faults);
  ASSERT_NE(recorder, nullptr) << faults.render();
  EXPECT_FALSE(std::filesystem::exists(folder.at("log"))) << "opening writes nothing";
  Kept kept({pod(kStart, "a", "10.0.0.1")}, std::move(recorder));
  kept.keeper->begin();
  kept.now_ns += kNsPerSecond;
  kept.turn(std::vector{pod(kept.now_ns, "b", "10.0.0.1")});
  const auto read = entity::read_entity_log(folder.text("log"), "log", faults);
  EXPECT_EQ(lines(read), lines({pod(kStart, "a", "10.0.0.1"), kept.history[1], kept.history[2]}));

  // The next run begins with what differs.
  folder.append("log", "{\"t\":5,\"op");
  auto again = EntityRecorder::open(folder.at("log"), faults);
  ASSERT_NE(again, nullptr) << faults.render();
  EXPECT_EQ(lines(again->known()), lines({kept.history[2]}));
  again->record({}, std::vector{pod(9, "c", "10.0.0.3")}, kStart + 9 * kNsPerSecond);
  const std::string text = folder.text("log");
  const auto all = entity::read_entity_log(text, "log", faults);
  EXPECT_EQ(faults.render(), "");
  ASSERT_EQ(all.size(), 5U) << text;
  EXPECT_EQ(all[3].op, Event::Op::kDelete);
  EXPECT_EQ(all[4].time_ns, kStart + 9 * kNsPerSecond);
}

TEST(EntityRecorder, AMovedLogIsBegunAnewAndOthersFilesAreLeftAlone) {
  const Folder folder;
  config::Diagnostics faults;
  auto recorder = EntityRecorder::open(folder.at("log"), faults);
  const std::vector one{pod(kStart, "a", "10.0.0.1")};
  const std::vector two{pod(kStart, "a", "10.0.0.1"), pod(kStart, "b", "10.0.0.2")};
  recorder->record({}, one, kStart);
  std::filesystem::rename(folder.at("log"), folder.at("log.1"));
  recorder->record(std::vector{two[1]}, two, kStart + kNsPerSecond);
  EXPECT_EQ(lines(entity::read_entity_log(folder.text("log"), "log", faults)),
            lines({pod(kStart + kNsPerSecond, "a", "10.0.0.1"),
                   pod(kStart + kNsPerSecond, "b", "10.0.0.2")}));
  const auto mode = std::filesystem::status(folder.at("log")).permissions();
  EXPECT_EQ(static_cast<unsigned>(mode) & 07U, 0U) << "nobody else reads it";

  folder.append("precious", "something else\n");
  EXPECT_EQ(EntityRecorder::open(folder.at("precious"), faults), nullptr);
  EXPECT_EQ(folder.text("precious"), "something else\n");
  EXPECT_EQ(EntityRecorder::open(folder.at("no/folder"), faults), nullptr);
  EXPECT_EQ(faults.error_count(), 2U);
}

TEST(FileSource, WhatOthersWriteIsReadWhenItChanges) {
  const Folder folder;
  const std::string first = lines({pod(kStart, "a", "10.0.0.1")});
  folder.append("e", first);
  FileSource source(folder.at("e"));
  TimeNs now_ns = kStart;
  const auto take = [&] {
    now_ns += FileSource::kIntervalNs;
    const auto events = source.take(now_ns);
    return events ? lines(*events) : std::string("nothing");
  };
  EXPECT_EQ(take(), "nothing") << "it was read before";
  const std::string b = lines({pod(kStart, "b", "10.0.0.2")});
  folder.append("e", b.substr(0, 30));
  EXPECT_EQ(take(), first) << "half a line waits";
  EXPECT_EQ(source.fault(), "");
  folder.append("e", b.substr(30));
  EXPECT_EQ(take(), first + b);
  EXPECT_EQ(take(), "nothing");
  folder.replace("e", "{damaged}\n" + first);
  EXPECT_EQ(take(), "nothing");
  EXPECT_NE(source.fault(), "");
  EXPECT_EQ(source.fault_count(), 1U);
  EXPECT_EQ(take(), "nothing");
  EXPECT_EQ(source.fault_count(), 1U) << "the same damage is no new one";
  folder.replace("e", b);
  EXPECT_EQ(take(), b);
  EXPECT_EQ(source.fault(), "");
  std::filesystem::remove(folder.at("e"));
  EXPECT_EQ(take(), "nothing");
  EXPECT_NE(source.fault(), "");
  folder.replace("e", R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"k","namespace":"s"},)"
                      R"("status":{"podIP":"10.0.0.9"}})");
  EXPECT_NE(take().find(R"("name":"k")"), std::string::npos) << "in another form";
  EXPECT_EQ(source.fault(), "");
}

}  // namespace
}  // namespace mimir::controlplane
