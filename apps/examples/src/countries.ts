// A real data set through a real daemon: every country of the world with its names in two
// dozen languages, stored as typed values. The daemon saves, is killed, and starts again.
import { connect } from '@kv/client';
import list, { type Countries, type Country } from 'world-countries';
import { startKvdProcess } from './kvd-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

// The list itself: the package's types describe an ES module, which it is not.
const countries = list as unknown as Countries;

const PREFIX = 'country:';
const keyOf = (country: Country) => PREFIX + country.cca3;

export async function keepCountries() {
  await using directory = await temporaryDirectory();
  const keys = countries.map(keyOf);

  await using first = await startKvdProcess(directory.path);
  {
    await using client = await connect(first.url);
    await client.set('about', 'not a country');
    await client.setMany(countries.map((country) => [keyOf(country), country]));
    await client.save();
  }
  await first.kill(); // SIGKILL: what was saved is all that is left

  await using second = await startKvdProcess(directory.path);
  await using client = await connect(second.url);
  const scanned: string[] = [];
  for await (const key of client.scan({ match: `${PREFIX}*` })) scanned.push(String(key));
  return {
    written: countries,
    /** All in one MGET. */
    read: await client.getMany<Country>(keys),
    /** One by one: these share round trips too, since they are asked for at once. */
    oneByOne: await Promise.all(keys.map((key) => client.get<Country>(key))),
    keys,
    scanned,
    size: await client.dbsize(),
  };
}

if (process.argv[1] === import.meta.filename) {
  const { read, size } = await keepCountries();
  const japan = read.find((country) => country?.cca3 === 'JPN');
  console.log(`${size} keys came back; Japan is ${japan?.name.native.jpn?.official}`);
}
