/** The wallet page as an address without a host, so that it works under every name that leads here. */
export function walletPath(publicUrl: string, token: string): string {
  const folder = new URL(publicUrl).pathname.replace(/\/$/, "");
  return `${folder}/wallet/${encodeURIComponent(token)}`;
}
