import { Component, type ComponentChild, type FunctionComponent } from 'preact';

/** A component that is drawn anew only when one of its properties is another: for hundreds of them, few of which change. */
export function memo<P extends object>(Inner: FunctionComponent<P>): new (props: P) => Component<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before = this.props as Readonly<Record<string, unknown>>;
      return Object.entries(next).some(([key, value]) => before[key] !== value);
    }

    override render(): ComponentChild {
      return Inner(this.props as P) as ComponentChild;
    }
  };
}
