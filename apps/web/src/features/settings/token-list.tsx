import type { Token } from "@millrace/shared";
import { Trash2 } from "lucide-react";
import { Badge } from "../../components/ui/badge.tsx";
import { Button } from "../../components/ui/button.tsx";
import { ConfirmDialog } from "../../components/ui/confirm-dialog.tsx";
import { Cell, HeaderCell, Row, Table } from "../../components/ui/table.tsx";
import { Time } from "../../components/ui/time.tsx";

export interface TokenListProps {
  readonly tokens: readonly Token[];
  /** The id of who looks at them. */
  readonly userId: string;
  readonly onRevoke: (token: Token) => void;
}

/** The tokens that work today. */
export function TokenList({ tokens, userId, onRevoke }: TokenListProps) {
  return (
    <Table
      caption="API tokens"
      head={
        <>
          <HeaderCell>Name</HeaderCell>
          <HeaderCell>Begins with</HeaderCell>
          <HeaderCell>Role</HeaderCell>
          <HeaderCell>Made by</HeaderCell>
          <HeaderCell>Made</HeaderCell>
          <HeaderCell>Expires</HeaderCell>
          <HeaderCell isHidden>Actions</HeaderCell>
        </>
      }
    >
      {tokens.map((token) => (
        <Row key={token.id}>
          <Cell isTitle className="order-1 break-words">
            <span className="font-medium">{token.name}</span>
          </Cell>
          <Cell label="Begins with" className="order-3">
            <code className="font-mono text-xs">{token.start}…</code>
          </Cell>
          <Cell label="Role" className="order-3">
            <Badge>{token.role}</Badge>
          </Cell>
          <Cell label="Made by" className="order-3">
            {token.createdBy === userId ? "You" : "Another member"}
          </Cell>
          <Cell label="Made" className="order-3">
            <Time at={token.createdAt} />
          </Cell>
          <Cell label="Expires" className="order-3">
            {token.expiresAt === null ? "Never" : <Time at={token.expiresAt} tense="future" />}
          </Cell>
          <Cell className="order-2 justify-self-end @4xl:text-right">
            <ConfirmDialog
              trigger={
                <Button size="small" variant="danger" icon={Trash2} aria-label={`Revoke ${token.name}`}>
                  Revoke
                </Button>
              }
              title={`Revoke ${token.name}?`}
              confirmLabel="Revoke"
              cancelLabel="Keep it"
              onConfirm={() => onRevoke(token)}
            >
              Scripts that use it are refused from this moment on. A revoked token cannot be brought back.
            </ConfirmDialog>
          </Cell>
        </Row>
      ))}
    </Table>
  );
}
