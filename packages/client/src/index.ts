export {
  ValueCodec,
  type ValueCodecOptions,
  ValueError,
  type ValueErrorCode,
  type ValueExtension,
  valueExtension,
} from '@kv/protocol';
export type { Batch, BatchResult, Queued } from './batch.ts';
export type { CallOptions } from './call-options.ts';
export { connect } from './connect.ts';
export { BatchError, KvError, type KvErrorCode, ReplyError } from './errors.ts';
export type {
  CloseOptions,
  KvClient,
  OwnMethods,
  ScanOptions,
  SetManyOptions,
  SetOptions,
  SubscribeOptions,
  WriteOptions,
} from './kv-client.ts';
export type { CommandMethods, Key, ReplyOf } from './method-types.ts';
export type { Address, ClientTimers, ConnectOptions } from './options.ts';
export type { ScopeOptions } from './scope.ts';
export type { ClientState } from './state.ts';
export type {
  MissedMessages,
  PublishedMessage,
  Subscription,
  SubscriptionEvent,
} from './subscription.ts';
export type { TlsOptions } from './tls-options.ts';
export { CALLS_CHANNEL, type CallTrace, STATES_CHANNEL, type StateTrace } from './trace.ts';
