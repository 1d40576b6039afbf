#include "bench/load/load_spec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "bench/load/load_run.h"
#include "bench/load/service_time.h"
#include "bench/load/value_sizes.h"

namespace overtake::bench {
namespace {

TEST(LoadSpecTest, SaysWhatItsClassIs) {
  for (const std::string spec :
       {"light=get,rate=5000,arrivals=poisson,connections=64,spread=random,keys=1,count=10000,"
        "popularity=zipf:0.99,size=100,space=light,urgent=1",
        "w=set,rate=10.5,arrivals=bursty:10:90,connections=2,spread=zipf:1,keys=1,count=7,"
        "popularity=uniform,size=lognormal:100:0.8,space=light,urgent=0",
        "slow=spin,rate=200,arrivals=uniform,connections=8,spread=turns,"
        "service=bimodal-90-10:100,urgent=1"}) {
    const auto load = ParseLoadClass(spec);
    ASSERT_TRUE(load.ok()) << load.status().message();
    EXPECT_EQ(SpecOf(*load), spec);
  }
}

TEST(LoadSpecTest, RefusesNonsenseWithWhatIsAllowed) {
  const struct {
    const char* spec;
    const char* said;
  } kCases[] = {
      {"", "letters"},
      {"light", "get, set, delete"},
      {"light=got", "get, set, delete"},
      {"a b=get", "letters"},
      {"light=get,rate=-1", "rate=-1: must be from 0 to 1e+06"},
      {"light=get,rate=nan", "from 0"},
      {"light=get,rate=", "from 0"},
      {"light=get,connections=0", "from 1 to 10000"},
      {"light=get,keys=100001", "from 1 to 100000"},
      {"light=set,keys=2", "only a get"},
      {"light=get,popularity=zipf:9", "from 0.01 to 3"},
      {"light=get,popularity=zipf", "uniform or zipf"},
      {"light=get,spread=even", "random, turns or zipf"},
      {"light=get,arrivals=never", "poisson, uniform or bursty"},
      {"light=get,arrivals=bursty:0:1", "0.01 to 60000"},
      {"light=get,size=0", "a size is"},
      {"light=get,size=lognormal:100", "a size is"},
      {"light=get,size=file:/nonexistent", "cannot read"},
      {"slow=spin,service=fixed", "a service time is"},
      {"slow=spin,service=bimodal:2:1:1", "a service time is"},
      {"slow=spin,service=pareto:10:1", "a service time is"},
      {"slow=spin,service=exp:99999999", "a service time is"},
      {"light=get,colour=red", "no such key"},
  };
  for (const auto& c : kCases) {
    const auto load = ParseLoadClass(c.spec);
    EXPECT_TRUE(absl::IsInvalidArgument(load.status())) << c.spec;
    EXPECT_NE(load.status().message().find(c.said), std::string::npos)
        << c.spec << " -> " << load.status().message();
  }
}

TEST(LoadSpecTest, ClassesMustAgreeAboutAKeySpace) {
  const auto classes = [](const char* a, const char* b) {
    return std::vector<LoadClass>{*ParseLoadClass(a), *ParseLoadClass(b)};
  };
  EXPECT_TRUE(CheckClasses(classes("a=get,space=s", "b=set,space=s")).ok());
  EXPECT_FALSE(CheckClasses(classes("a=get,space=s,count=5", "b=set,space=s")).ok());
  EXPECT_FALSE(CheckClasses(classes("a=get,size=5", "b=set,space=a")).ok());
  EXPECT_FALSE(CheckClasses(classes("a=get", "a=set")).ok());
  EXPECT_TRUE(CheckClasses(classes("a=spin", "b=sleep")).ok());
}

TEST(ServiceTimeTest, QuantilesMakeTheMoments) {
  constexpr int kSteps = 1'000'000;  // equal shares, each by its middle
  for (const char* text :
       {"fixed:10", "exp:10", "bimodal-90-10:10", "bimodal-99.5-0.5:10", "bimodal:0.25:4:12",
        "pareto:10:5", "lognormal:10:0.5", "lognormal:10:1"}) {
    const auto time = ServiceTime::Parse(text);
    ASSERT_TRUE(time.ok()) << time.status().message();
    EXPECT_EQ(time->text(), text);
    EXPECT_NEAR(time->Mean(), 10, 1e-9) << text;
    double sum = 0, squares = 0;
    for (int i = 0; i < kSteps; ++i) {
      const double micros = time->Quantile((i + 0.5) / kSteps);
      sum += micros;
      squares += micros * micros;
    }
    EXPECT_NEAR(sum / kSteps, 10, 0.02) << text;
    EXPECT_NEAR(squares / kSteps / time->SecondMoment(), 1, 0.01) << text;
  }
}

TEST(ServiceTimeTest, RefusesNonsense) {
  for (const char* text :
       {"", "fixed", "fixed:", "fixed:-1", "fixed:nan", "fixed:1:2", "fixed:1e9", "bimodal:1.5:1:2",
        "bimodal:0.5:1", "lognormal:1:5", "lognormal:1", "pareto:1", "pareto:1:1", "normal:1"}) {
    EXPECT_FALSE(ServiceTime::Parse(text).ok()) << text;
  }
}

TEST(ServiceTimeTest, QuantilesAreThoseOfTheFormulas) {
  EXPECT_NEAR(ServiceTime::Parse("exp:10")->Quantile(0.99), 10 * std::log(100), 1e-9);
  EXPECT_NEAR(ServiceTime::Parse("pareto:10:2")->Quantile(0.99), 5 * 10, 1e-9);
  const auto zygos = *ServiceTime::Parse("bimodal-90-10:10");
  EXPECT_EQ(zygos.Quantile(0.89), 5);
  EXPECT_EQ(zygos.Quantile(0.91), 55);
  const auto shinjuku = *ServiceTime::Parse("bimodal-99.5-0.5:2.9975");
  EXPECT_NEAR(shinjuku.Quantile(0.99), 0.5, 1e-9);
  EXPECT_NEAR(shinjuku.Quantile(0.996), 500, 1e-6);
  // The normal distribution's 97.5 % are at 1.959964, its 99.99 % at 3.719016.
  const auto lognormal = ServiceTime::LogNormal(std::exp(0.5), 1);
  EXPECT_NEAR(std::log(lognormal.Quantile(0.975)), 1.959964, 1e-6);
  EXPECT_NEAR(std::log(lognormal.Quantile(0.9999)), 3.719016, 1e-6);
  EXPECT_NEAR(std::log(lognormal.Quantile(0.0001)), -3.719016, 1e-6);
  EXPECT_NEAR(std::log(lognormal.Quantile(0.6)), 0.253347, 1e-6);
  EXPECT_LT(lognormal.Quantile(0), 1e-9);
  // No more than a server can be asked for.
  EXPECT_EQ(ServiceTime::Parse("pareto:1000:1.01")->Quantile(1), ServiceTime::kMaxMicros);
}

TEST(ValueSizesTest, AreDrawnFromAFile) {
  const std::string path = ::testing::TempDir() + "sizes.txt";
  std::ofstream(path) << "10\n\n 2000 \n";
  const auto sizes = ValueSizes::Parse("file:" + path);
  ASSERT_TRUE(sizes.ok()) << sizes.status().message();
  int large = 0;
  for (uint64_t key = 0; key < 1000; ++key) {
    const uint32_t size = sizes->Of(1, key);
    ASSERT_TRUE(size == 10 || size == 2000) << size;
    EXPECT_EQ(size, sizes->Of(1, key));
    large += size == 2000 ? 1 : 0;
  }
  EXPECT_NEAR(large, 500, 80);

  std::ofstream(path) << "10\nten\n";
  EXPECT_NE(ValueSizes::Parse("file:" + path).status().message().find(":2:"), std::string::npos);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace overtake::bench
