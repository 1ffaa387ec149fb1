/** An address of this machine on which nobody listens, for what is about ports of a fixed number. */
export const loneHost = (): string => {
  const any = () => 1 + Math.floor(Math.random() * 250);
  return `127.${any()}.${any()}.${any()}`;
};
