// tandem match: paired games between two agents, with everything that a strength claim needs.
#include "engine/match/match.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <stop_token>

#include "absl/strings/str_format.h"
#include "engine/agent/agent.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/base/thread.h"
#include "engine/game/registry.h"
#include "engine/net/network.h"
#include "tools/commands/command.h"
#include "tools/commands/match_games.h"
#include "tools/commands/signals.h"
#include "tools/report/match_report.h"

namespace tandem {
namespace {

struct MatchOptions {
  std::string game, a, b, openings, sprt, json, record, pgn, sgf, games_out;
  bool with_json = false;
  int games = 100;
  int opening_plies = -1;
  int max_plies = 0;
  int threads = 0;
  std::uint64_t seed = 1;
};

absl::StatusOr<std::vector<Opening>> MakeOpenings(const Game& game, const MatchOptions& options, int pairs, std::string* book) {
  if (!options.openings.empty()) {
    *book = options.openings;
    return ReadOpenings(game, options.openings);
  }
  std::vector<Opening> openings = options.opening_plies < 0 ? ChooseOpenings(game, pairs, options.seed)
                                                            : RandomOpenings(game, options.opening_plies, pairs, options.seed);
  if (openings.empty()) {
    return BadInput("opening-plies ", options.opening_plies, ": no unfinished position of ", game.facts().spec, " after so many moves");
  }
  *book = absl::StrFormat("random, %d plies", openings[0].moves.size());
  return openings;
}

void ShowProgress(const MatchReport& report, const absl::Time begin, int every) {
  if (report.num_pairs() % every != 0) return;
  const StrengthEstimate strength = EstimateStrength(report.pairs);
  std::cerr << absl::StrFormat("%d games: +%d =%d -%d, Elo %s%s, %.0f s\n", report.num_games(), report.games[2], report.games[1],
                               report.games[0], EstimateText(strength.elo),
                               report.sprt ? absl::StrFormat(", LLR %.2f", report.sprt->llr) : "",
                               absl::ToDoubleSeconds(Clock::Real().Now() - begin));
}

absl::StatusOr<MatchGames> OpenGameFiles(const Game& game, const MatchOptions& options) {
  std::vector<std::pair<std::string, GameFormat>> files;
  if (!options.pgn.empty()) files.emplace_back(options.pgn, GameFormat::kPgn);
  if (!options.sgf.empty()) files.emplace_back(options.sgf, GameFormat::kSgf);
  if (!options.games_out.empty()) {
    TANDEM_ASSIGN_OR_RETURN(const GameFormat format, GameFormatOf(options.games_out));
    files.emplace_back(options.games_out, format);
  }
  return MatchGames::Open(game, files);
}

absl::Status RunMatch(const MatchOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(options.game));
  if (options.games % 2 != 0) return BadInput("games ", options.games, ": expected an even number, since openings are played in pairs");
  MatchSettings settings;
  MatchContext context;
  settings.pairs = options.games / 2;
  settings.seed = options.seed;
  settings.threads = ResolveThreads(options.threads);
  settings.max_plies = options.max_plies;
  if (!options.sprt.empty()) {
    TANDEM_ASSIGN_OR_RETURN(settings.sprt, ParseSprt(options.sprt));
  }
  TANDEM_ASSIGN_OR_RETURN(settings.openings, MakeOpenings(*game, options, settings.pairs, &context.book));
  SetNetworkThreads(1);
  // Kept for the whole match, and with them their networks. Errors of the specs show before any game.
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Agent> holder_a, MakeAgent(*game, options.a));
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Agent> holder_b, MakeAgent(*game, options.b));
  const absl::Time begin = Clock::Real().Now();
  const int every = std::max(1, settings.pairs / 20);
  TANDEM_ASSIGN_OR_RETURN(MatchGames game_files, OpenGameFiles(*game, options));
  settings.progress = [&](const MatchReport& report) {
    game_files.Append(report);
    ShowProgress(report, begin, every);
  };

  std::stop_source stop;
  const StopOnSignals signals(stop);
  TANDEM_ASSIGN_OR_RETURN(const MatchReport report, PlayMatch(
                                                        *game, [&] { return MakeAgent(*game, options.a); },
                                                        [&] { return MakeAgent(*game, options.b); }, settings, stop.get_token()));
  TANDEM_RETURN_IF_ERROR(Annotate(game_files.status(), "games"));
  context.game = game->facts().spec;
  context.book_hash = OpeningsHash(settings.openings);
  context.book_size = settings.openings.size();
  context.seed = options.seed;
  context.threads = std::min(settings.threads, settings.pairs);
  context.seconds = absl::ToDoubleSeconds(Clock::Real().Now() - begin);
  context.sprt = settings.sprt;
  if (!options.record.empty()) TANDEM_RETURN_IF_ERROR(WriteFileAtomic(options.record, MatchRecordText(*game, report)));
  if (options.with_json && options.json.empty()) {
    std::cout << JsonPage(MatchJson(report, context));
    return absl::OkStatus();
  }
  if (options.with_json) TANDEM_RETURN_IF_ERROR(WriteFileAtomic(options.json, JsonPage(MatchJson(report, context))));
  std::cout << MatchText(report, context);
  return absl::OkStatus();
}

CommandAction SetUpMatch(CLI::App& app) {
  auto options = std::make_shared<MatchOptions>();
  app.add_option("--game", options->game, "game, NAME[:key=value,...]")->required();
  app.add_option("--a", options->a, "agent A, e.g. puct:run=DIR,sims=64")->required();
  app.add_option("--b", options->b, "agent B, e.g. uct:sims=1000")->required();
  app.add_option("--games", options->games, "games at most, two for each opening")->check(CLI::Range(2, 100000000));
  app.add_option("--openings", options->openings, "file of openings, a line of moves each; default: random ones");
  app.add_option("--opening-plies", options->opening_plies, "random moves of an opening; default: as few as give enough different ones")
      ->check(CLI::Range(0, 1000));
  app.add_option("--sprt", options->sprt, "E0,E1 (normalised Elo) or logistic:E0,E1: stop at a verdict, alpha = beta = 0.05");
  app.add_option("--seed", options->seed, "seed of openings and agents");
  app.add_option("--threads", options->threads, "games at once; 0 = all processors")->check(CLI::Range(0, 1024));
  app.add_option("--max-plies", options->max_plies, "longer games are draws; 0 = the game's own limit")->check(CLI::Range(0, 100000));
  app.add_option("--record", options->record, "file for the games, to replay");
  app.add_option("--pgn", options->pgn, "PGN file that games are appended to as they finish");
  app.add_option("--sgf", options->sgf, "SGF file likewise (go, othello, gomoku, hex)");
  app.add_option("--games-out", options->games_out, "the same, by the end of the name: .pgn or .sgf");
  CLI::Option* json = app.add_option("--json", options->json, "machine-readable, into this file or to stdout")->expected(0, 1);
  app.footer("Agents:\n" + AgentHelp());
  return [options, json] {
    options->with_json = json->count() > 0;
    return RunMatch(*options);
  };
}

TANDEM_REGISTER_COMMAND("match", "paired games between two agents: W/D/L, Elo, nElo, LOS, SPRT", SetUpMatch);

}  // namespace
}  // namespace tandem
