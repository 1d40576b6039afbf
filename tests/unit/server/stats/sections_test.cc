// Sections as another renderer sees them: JSON here, which none of them knows.

#include "server/stats/sections.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>

#include "server/commands/lru_crawler.h"
#include "server/storage/store.h"

namespace overtake {
namespace {

using Json = nlohmann::json;

Json ValueOf(const Stat& stat) {
  return std::visit(
      [](const auto& value) -> Json {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, StatDecimal>) {
          return value.number;
        } else if constexpr (std::is_same_v<Value, StatHistogram>) {
          Json buckets = Json::array();
          value.recorded->ForEachBucket([&](uint64_t, uint64_t high, uint64_t count) {
            buckets.push_back({static_cast<double>(high) / value.per_unit, count});
          });
          return {{"unit", value.unit}, {"buckets", buckets}};
        } else {
          return value;
        }
      },
      stat.value);
}

// What has a label is in an object of its own: {"class": {"1": {"number": 3}}}.
StatsSink JsonSink(Json* object) {
  const auto add = [object](const Stat& stat) {
    const StatLabel& label = stat.name.label;
    Json& in = label.value.empty()
                   ? *object
                   : (*object)[std::string(label.dimension)][std::string(label.value)];
    const std::string name(stat.name.text);
    EXPECT_FALSE(in.contains(name)) << name << " twice";
    in[name] = ValueOf(stat);
  };
  return StatsSink(add, /*wants_empty=*/true);
}

class SectionsTest : public ::testing::Test {
 protected:
  SectionsTest() {
    commands_.push_back(std::make_unique<CommandStats>());
    commands_.push_back(std::make_unique<CommandStats>());
  }

  Json Section(std::string_view name) {
    Json object = Json::object();
    StatsSink out = JsonSink(&object);
    for (const StatsSection& section : StatsSections()) {
      if (section.name == name) section.fill(source_, &out);
    }
    return object;
  }

  Settings settings_;
  Clock clock_;
  std::unique_ptr<Store> store_ = MakeStore({.memory_bytes = 16 << 20});
  std::vector<std::unique_ptr<CommandStats>> commands_;
  CostModel costs_{2, 50};
  LruCrawler crawler_{true, true, &clock_, store_.get()};
  PrefixStats prefixes_{':'};
  EventLog log_{1 << 10};
  StatsBaseline baseline_;
  StatsSource source_ = {.settings = &settings_,
                         .clock = &clock_,
                         .store = store_.get(),
                         .architecture = nullptr,
                         .commands = &commands_,
                         .costs = &costs_,
                         .crawler = &crawler_,
                         .prefixes = &prefixes_,
                         .log = &log_,
                         .baseline = &baseline_,
                         .verbosity = 2};
};

TEST_F(SectionsTest, NumbersTextsAndSumsOverThreads) {
  commands_[0]->get_hits.Add(3);
  commands_[1]->get_hits.Add(4);
  commands_[1]->get_misses.Add(1);
  const Json general = Section("");
  EXPECT_EQ(general.at("get_hits"), 7);
  EXPECT_EQ(general.at("cmd_get"), 8);
  EXPECT_EQ(general.at("curr_items"), 0);
  EXPECT_TRUE(general.at("rusage_user").is_number_float());
  const Json settings = Section("settings");
  EXPECT_EQ(settings.at("maxbytes"), 16 << 20);
  EXPECT_EQ(settings.at("verbosity"), 2);
  EXPECT_EQ(settings.at("growth_factor"), 1.25);
  EXPECT_EQ(settings.at("ssl_key"), "(null)");
  EXPECT_EQ(settings.at("cas_enabled"), "yes");
}

TEST_F(SectionsTest, ClassesAreLabels) {
  commands_[0]->cmd_set.Add(2);
  EXPECT_EQ(Section("slabs").at("class").at("1").at("cmd_set"), 2);
  EXPECT_EQ(Section("slabs").at("active_slabs"), 0);
  EXPECT_EQ(Section("items").at("class").at("1").at("number"), 0);
}

TEST_F(SectionsTest, ConnectionsComeInParts) {
  Json object = Json::object();
  StatsSink out = JsonSink(&object);
  uint64_t place = 0;
  int parts = 1;
  while (FillConnections(source_, &place, &out)) ++parts;
  EXPECT_GT(parts, 1) << "as many as there may be descriptors";
}

TEST_F(SectionsTest, AHistogramKeepsItsBuckets) {
  Histogram waits;
  waits.Record(20, 3);
  waits.Record(50);
  Json object;
  JsonSink(&object).Histogram({"wait", {"thread", "0"}}, {&waits, 10, "us"});
  EXPECT_EQ(object.dump(),
            R"({"thread":{"0":{"wait":{"buckets":[[2.0,3],[5.0,1]],"unit":"us"}}}})");
}

}  // namespace
}  // namespace overtake
