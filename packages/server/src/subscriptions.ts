/** What one client has subscribed to: names as keys of {@link PubSub}. */
export class Subscriptions {
  readonly channels = new Set<string>();
  readonly patterns = new Set<string>();
  readonly shardChannels = new Set<string>();

  get isEmpty(): boolean {
    return this.channels.size + this.patterns.size + this.shardChannels.size === 0;
  }
}
